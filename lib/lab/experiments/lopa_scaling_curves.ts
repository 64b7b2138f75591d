/**
 * Curves on the trained models: rates and scores against lookaheads (Fig. 4), tokens per step (Fig. 5), areas under accuracy
 * against tokens per forward, and scores by slice of the tasks.
 *
 * @module
 */
import { aup } from "../../metrics/aup.ts";
import { parallelCounts } from "../../metrics/parallel.ts";
import { score } from "../evaluation/scores.ts";
import type { TrainedModel } from "../evaluation/trained_models.ts";
import type { ResultTable } from "../experiment.ts";
import type { TrainedCell } from "./lopa_scaling.ts";
import { taskSettings, trainedMethodName } from "./lopa_scaling_methods.ts";
import { type PaperItems, table1Rows } from "./lopa_scaling_paper.ts";
import { summariseTrained, type TrainedSummary } from "./lopa_scaling_rows.ts";

function fig4(
  summaries: readonly TrainedSummary[],
  { fig4 }: PaperItems,
): ResultTable {
  return {
    name: "lopa-fig4",
    rows: summaries.filter(({ method }) =>
      method.name === "lopa" && method.threshold === null
    ).map(({ model, task, method: { lookaheads }, score }) => {
      const { benchmark } = taskSettings(task);
      const paper = fig4.find((row) =>
        row.benchmark === benchmark && row.series === "LoPA" &&
        row.branches === lookaheads
      );
      return {
        ...{ model, task, lookaheads, problems: score.problems },
        tpf: score.tpf,
        tpf_low: score.tpfInterval.low,
        tpf_high: score.tpfInterval.high,
        score: 100 * score.accuracy,
        score_low: 100 * score.accuracyInterval.low,
        score_high: 100 * score.accuracyInterval.high,
        tokens_per_call: score.tokensPerCall,
        positions_per_token: score.positionsPerToken,
        tpf_with_end_tokens: score.referenceTpf,
        paper_benchmark: benchmark,
        paper_tpf: paper?.tpf ?? null,
        paper_score: paper?.score ?? null,
      };
    }),
  };
}

/** Series of Fig. 5: our method, its name here and the paper's. */
export const PARALLEL_SERIES = [
  ["d2f", "D2F", "D2F"],
  ["lopa-1", "2 sequences", "BP2"],
  ["lopa-3", "4 sequences", "BP4"],
  ["lopa-7", "8 sequences", "BP8"],
] as const;

function fig5(
  cells: readonly TrainedCell[],
  { fig5 }: PaperItems,
): ResultTable {
  return {
    name: "lopa-fig5",
    rows: cells.flatMap(({ plan: { parameters }, result }) => {
      const { model, task, method } = parameters;
      const series = PARALLEL_SERIES.find(([name]) =>
        name === trainedMethodName(method)
      );
      if (series === undefined) return [];
      const [, name, paperName] = series;
      const { benchmark } = taskSettings(task);
      const inAnswer = parallelCounts(
        result.rows.map(({ answerSteps }) => answerSteps),
      );
      return parallelCounts(result.rows.map(({ steps }) => steps)).map(
        (row, i) => {
          const paper = fig5.find((entry) =>
            entry.benchmark === benchmark && entry.series === paperName &&
            entry.step === row.step
          );
          return {
            ...{ model, task, series: name, ...row },
            mean_in_answer: inAnswer[i]!.mean,
            paper_benchmark: benchmark,
            paper_mean: paper?.mean_tokens ?? null,
            paper_q1: paper?.iqr_low ?? null,
            paper_q3: paper?.iqr_high ?? null,
          };
        },
      );
    }),
  };
}

/** Curves whose area is taken: a name, and which methods lie on it. The one-token decode is a point of each. */
const AUP_CURVES: readonly {
  readonly name: string;
  readonly holds: (summary: TrainedSummary) => boolean;
}[] = [
  {
    name: "threshold",
    holds: ({ method: { name } }) =>
      name === "one-by-one" || name === "threshold",
  },
  {
    name: "few-step",
    holds: ({ method: { name } }) =>
      name === "one-by-one" || name === "few-step",
  },
  {
    name: "lopa on the base",
    holds: ({ method: { name } }) =>
      name === "one-by-one" || name === "lopa-canvas",
  },
  {
    name: "d2f",
    holds: ({ method: { name } }) => name === "one-token" || name === "d2f",
  },
  {
    name: "lopa",
    holds: ({ method: { name } }) => name === "one-token" || name === "lopa",
  },
];

/** A way of decoding with the area under its accuracy against tokens per forward. */
export interface AupCurve {
  readonly model: TrainedModel;
  readonly task: string;
  readonly curve: string;
  /** Its methods, in ascending tokens per forward; at least two. */
  readonly points: readonly TrainedSummary[];
  /** Highest score of any model and method on the task, in percent. */
  readonly best: number;
  readonly aup: number;
}

/** All curves of all models. A task on which nothing is right has none. */
export function aupCurves(summaries: readonly TrainedSummary[]): AupCurve[] {
  const groups = Map.groupBy(
    summaries,
    ({ model, task }) => `${model} ${task}`,
  );
  return [...groups.values()].flatMap((group) => {
    const { model, task } = group[0]!;
    const best = 100 * Math.max(
      ...summaries.filter((row) => row.task === task)
        .map(({ score }) => score.accuracy),
    );
    return AUP_CURVES.flatMap(({ name: curve, holds }) => {
      const points = group.filter(holds)
        .toSorted((a, b) => a.score.tpf - b.score.tpf);
      if (points.length < 2 || best <= 1) return [];
      const area = aup(
        points.map(({ score }) => ({
          tpf: score.tpf,
          accuracy: 100 * score.accuracy,
        })),
        { best },
      );
      return [{ model, task, curve, points, best, aup: area }];
    });
  });
}

function areas(summaries: readonly TrainedSummary[]): ResultTable {
  return {
    name: "lopa-aup",
    rows: aupCurves(summaries).map(({ points, best, ...row }) => ({
      ...{ model: row.model, task: row.task, curve: row.curve },
      ...{ points: points.length, best_score: best, aup: row.aup },
    })),
  };
}

/** Scores by slice, for the methods of Table 1. */
function slices(cells: readonly TrainedCell[]): ResultTable {
  return {
    name: "lopa-scaling-slices",
    rows: cells.flatMap(({ plan: { parameters }, result }) => {
      const { model, task, method } = parameters;
      const name = trainedMethodName(method);
      if (!table1Rows(task).some((row) => row.method === name)) return [];
      const labelled = result.rows.flatMap((row) =>
        Object.entries(row.labels).map(([label, value]) => ({
          row,
          label,
          value,
        }))
      );
      const groups = Map.groupBy(
        labelled,
        ({ label, value }) => `${label} ${value}`,
      );
      return [...groups.keys()].sort().map((key) => {
        const group = groups.get(key)!;
        const { label, value } = group[0]!;
        const found = score(group.map(({ row }) => row));
        return {
          ...{ model, task, method: name, label, value },
          problems: found.problems,
          score: 100 * found.accuracy,
          score_low: 100 * found.accuracyInterval.low,
          score_high: 100 * found.accuracyInterval.high,
          tpf: found.tpf,
        };
      });
    }),
  };
}

/** The tables of all curves. */
export function curveTables(
  cells: readonly TrainedCell[],
  paper: PaperItems,
): readonly ResultTable[] {
  const summaries = summariseTrained(cells);
  return [
    fig4(summaries, paper),
    fig5(cells, paper),
    areas(summaries),
    slices(cells),
  ];
}
