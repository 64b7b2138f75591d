/**
 * The loss curves of a recipe's stages, thinned to a table that ships with the model.
 *
 * @module
 */
import { type CurvePoint, readCurve } from "../../training/curve.ts";
import { curvePath } from "../../training/loop.ts";
import { parseCsv } from "../csv.ts";

/** Rows of a stage in the table. */
const ROWS = 100;

const COLUMNS = [
  "loss",
  "hard",
  "soft",
  "certainty",
  "correct",
  "gradientNorm",
  "learningRate",
  "tokens",
  "seconds",
] as const;

/** One row: a stage, its step, means of the losses since the row before, and the rest as it stood at the step. */
export type LogRow = Readonly<Record<string, string>>;

/** Averages a curve in `ROWS` runs of steps. An evaluation stands in the row of the run that it falls in. */
export function thinCurve(
  stage: number,
  points: readonly CurvePoint[],
): LogRow[] {
  const run = Math.max(1, Math.ceil(points.length / ROWS));
  const rows: LogRow[] = [];
  for (let from = 0; from < points.length; from += run) {
    rows.push(averaged(stage, points.slice(from, from + run)));
  }
  return rows;
}

function averaged(stage: number, points: readonly CurvePoint[]): LogRow {
  const last = points.at(-1)!;
  const mean = (key: typeof COLUMNS[number]) =>
    points.reduce((sum, point) => sum + point[key], 0) / points.length;
  const atEnd = ["learningRate", "tokens", "seconds"];
  const dev = points.findLast((point) => point.dev)?.dev ?? {};
  return {
    stage: String(stage),
    step: String(last.step),
    ...Object.fromEntries(COLUMNS.map((key) => [
      key,
      short(atEnd.includes(key) ? last[key] : mean(key)),
    ])),
    ...Object.fromEntries(
      Object.entries(dev).map(([task, loss]) => [`dev ${task}`, short(loss)]),
    ),
  };
}

function short(value: number): string {
  return String(Number(value.toPrecision(5)));
}

/**
 * The table of a recipe: stages whose curve is in the state folder from there, those before from the table of the model that
 * was gone on from.
 */
export async function readLog(
  folder: string,
  { stages, earlier }: { readonly stages: number; readonly earlier: string },
): Promise<LogRow[]> {
  const before = earlier === ""
    ? []
    : parseCsv(earlier, "train_log.csv") as LogRow[];
  const rows: LogRow[] = [];
  for (let stage = 1; stage <= stages; stage++) {
    const points = await readCurve(curvePath(folder, stage));
    rows.push(
      ...points.length > 0
        ? thinCurve(stage, points)
        : before.filter((row) => row.stage === String(stage)),
    );
  }
  return rows;
}

/** The table as CSV. */
export function logCsv(rows: readonly LogRow[]): string {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const line = (cells: readonly string[]) => `${cells.join(",")}\n`;
  return line(columns) +
    rows.map((row) => line(columns.map((column) => row[column] ?? "")))
      .join("");
}
