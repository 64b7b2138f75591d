/**
 * The adapters of the distillation study as rows of a table, and how they were trained.
 *
 * @module
 */
import { join } from "node:path";
import { linePanelsFigure, type LineRow } from "../../figures/line_panels.ts";
import type { Figure, FigureRow } from "../../figures/types.ts";
import { parseCsv } from "../csv.ts";
import { objectiveWords } from "../recipes/distill/card.ts";
import { allDistillations } from "../recipes/distill/registry.ts";
import { readAdapterRecord } from "../recipes/distill/ship.ts";
import { allStudents, presentStudents } from "./students.ts";
import { MODELS_FOLDER } from "./trained_models.ts";

/**
 * One row per adapter: what it is, how far it is trained, and how to make it where it is not there. Needs read permission for the
 * folder.
 *
 * @param folder Where models and adapters lie; default `data/models` of the project.
 */
export async function adapterRows(
  folder: string = MODELS_FOLDER,
): Promise<FigureRow[]> {
  const present = (await presentStudents(folder)).map(({ name }) => name);
  const known = new Set(allStudents().map(({ name }) => name));
  const rows: FigureRow[] = [];
  for (const { name, base, objective } of allDistillations()) {
    if (!known.has(name)) continue;
    const record = await readAdapterRecord(join(folder, name));
    const state = record === null
      ? "missing"
      : present.includes(name)
      ? `${record.steps} steps, that of ${record.kept} kept`
      : record.steps < record.wanted
      ? `${record.steps} of ${record.wanted} steps`
      : `made for another ${base}, or ${base} is not trained to its end`;
    rows.push({
      ...{ adapter: name, base, objective: objectiveWords(objective) },
      trained: present.includes(name)
        ? state
        : `${state}: deno task train ${name}`,
    });
  }
  return rows;
}

/** Panels of the curves and what stands in them. */
const LOSS = "cross-entropy (sum of both copies)";
const CERTAINTY = "certainty term (weighted)";
const RIGHT = "masked tokens that are right";
const PASSES = "development: passes until an answer is known";
const SCORE = "development: right answers";

/** Adapters whose curves are shown, with their names there. */
const CURVES = [
  ["", "dParallel"],
  ["-consistency", "consistency only"],
  ["-certainty", "certainty only"],
  ["-unblocked", "no blocks"],
] as const;

/**
 * Training curves of a family's adapters: losses, the share of masked tokens that are right, and passes and scores on the
 * development problems. `null` where none is there. Needs read permission for the folder.
 */
export async function distillationCurves(
  family: "llada" | "dream",
  folder: string = MODELS_FOLDER,
): Promise<Figure | null> {
  const rows: LineRow[] = [];
  for (const [end, series] of CURVES) {
    const name = `dparallel-${family}-mini${end}`;
    let text: string;
    try {
      text = await Deno.readTextFile(join(folder, name, "train_log.csv"));
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) continue;
      throw error;
    }
    for (const row of parseCsv(text, name)) {
      const x = Number(row.step);
      const point = (panel: string, column: string, scale = 1) => {
        const value = row[column];
        return value === undefined || value === ""
          ? []
          : [{ panel, series, x, y: scale * Number(value) }];
      };
      rows.push(
        ...point(LOSS, "hard"),
        ...point(CERTAINTY, "certainty"),
        ...point(RIGHT, "correct", 100),
        ...point(PASSES, "dev passes at 0.5"),
        ...point(SCORE, "dev right at 0.5", 100),
      );
    }
  }
  if (rows.length === 0) return null;
  const last = CURVES.flatMap(([, name]) => {
    const of = (panel: string) =>
      rows.findLast((row) => row.series === name && row.panel === panel);
    const passes = of(PASSES), score = of(SCORE);
    return passes === undefined || score === undefined ? [] : [
      `${name} ${passes.y!.toFixed(1)} passes, ${score.y!.toFixed(0)}% right`,
    ];
  });
  const panel = (title: string, y: string) => ({
    ...{ title, y, x: "Steps", yMore: { rangemode: "tozero" } },
  });
  return linePanelsFigure(rows, {
    id: `dparallel-training-${family}`,
    title: `How the adapters of ${family}-mini were trained`,
    subtitle:
      "Means over the steps since the point before; development problems at entropy 0.5",
    description: `At the end, on the development problems: ${
      last.join("; ") || "not looked at"
    }.`,
    panels: [
      panel(LOSS, "nats"),
      panel(CERTAINTY, "nats"),
      panel(RIGHT, "%"),
      panel(PASSES, "Passes"),
      panel(SCORE, "%"),
    ],
    columns: 2,
    rowHeight: 240,
    gaps: { y: 0.14 },
  });
}
