/**
 * The adapters of the distillation study as rows of a table, and how they were trained.
 *
 * @module
 */
import { join } from "node:path";
import { linePanelsFigure, type LineRow } from "../../figures/line_panels.ts";
import type { Figure, FigureRow } from "../../figures/types.ts";
import { studentQuantile } from "../../metrics/mean_interval.ts";
import { wilson } from "../../metrics/proportions.ts";
import { parseCsv } from "../csv.ts";
import { objectiveWords } from "../recipes/distill/card.ts";
import { allDistillations } from "../recipes/distill/registry.ts";
import type { DevPoint } from "../recipes/distill/selection.ts";
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
  for (const recipe of allDistillations()) {
    const { name, base, objective, epochs, adapter: { rank } } = recipe;
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
      ...{ rank, epochs },
      trained: present.includes(name)
        ? state
        : `${state}: deno task train ${name}`,
    });
  }
  return rows;
}

/**
 * One line for each of some models and adapters that is not there: how to make it, with `deno task train`. Needs read permission for
 * the folder.
 *
 * @param names Names of models and adapters of the distillation study.
 * @param folder Where models and adapters lie; default `data/models` of the project.
 */
export async function untrainedLines(
  names: readonly string[],
  folder: string = MODELS_FOLDER,
): Promise<string[]> {
  const present = (await presentStudents(folder)).map(({ name }) => name);
  return names.filter((name) => !present.includes(name)).map((name) =>
    `${name} is not trained yet: run \`deno task train ${name}\`.`
  );
}

/** Panels of the curves and what stands in them. */
const LOSS = "cross-entropy (sum of both copies)";
const CERTAINTY = "certainty term (weighted)";
const RIGHT = "masked tokens that are right";
const PASSES = "development: passes until an answer is known";
const SCORE = "development: right answers";

/** Threshold at which development problems are shown. */
const SHOWN_THRESHOLD = 0.5;

/** Adapters whose curves are shown, with their names there. */
const CURVES = [
  ["", "dParallel"],
  ["-consistency", "consistency only"],
  ["-certainty", "certainty only"],
  ["-unblocked", "no blocks"],
] as const;

/** Losses of a training, from its table. */
function logRows(
  log: string,
  { series, place }: { readonly series: string; readonly place: string },
): LineRow[] {
  return parseCsv(log, join(place, "train_log.csv")).flatMap((row) =>
    ([
      [LOSS, "hard", 1],
      [CERTAINTY, "certainty", 1],
      [RIGHT, "correct", 100],
    ] as const).map(([panel, column, scale]): LineRow => ({
      ...{ panel, series, x: Number(row.step) },
      y: scale * Number(row[column]),
    }))
  );
}

/** Passes and right answers on the development problems, with their 95% intervals over these. */
function devRows(
  { step, problems, passes, deviation, right }: DevPoint,
  series: string,
): LineRow[] {
  const half = problems < 2
    ? 0
    : studentQuantile(0.975, problems - 1) * deviation / Math.sqrt(problems);
  const share = wilson(Math.round(right * problems), { trials: problems });
  return [
    {
      ...{ panel: PASSES, series, x: step, y: passes },
      ...{ low: passes - half, high: passes + half },
    },
    {
      ...{ panel: SCORE, series, x: step, y: 100 * right },
      ...{ low: 100 * share.low, high: 100 * share.high },
    },
  ];
}

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
    const place = join(folder, `dparallel-${family}-mini${end}`);
    const record = await readAdapterRecord(place);
    if (record === null) continue;
    const log = await Deno.readTextFile(join(place, "train_log.csv"));
    rows.push(
      ...logRows(log, { series, place }),
      ...record.points.filter(({ threshold }) => threshold === SHOWN_THRESHOLD)
        .flatMap((point) => devRows(point, series)),
    );
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
  const panel = (title: string, y: string, rangemode = "tozero") => ({
    ...{ title, y, x: "Steps", yMore: { rangemode } },
  });
  return linePanelsFigure(rows, {
    id: `dparallel-training-${family}`,
    title: `How the adapters of ${family}-mini were trained`,
    subtitle:
      `Means over the steps since the point before; development problems at entropy ${SHOWN_THRESHOLD} with 95% intervals over them (Student, Wilson), the base at step 0`,
    description: `At the end, on the development problems: ${
      last.join("; ") || "not looked at"
    }.`,
    panels: [
      panel(LOSS, "nats"),
      panel(CERTAINTY, "nats"),
      panel(RIGHT, "%", "normal"),
      panel(PASSES, "Passes"),
      panel(SCORE, "%", "normal"),
    ],
    columns: 2,
    rowHeight: 240,
    gaps: { y: 0.14 },
  });
}
