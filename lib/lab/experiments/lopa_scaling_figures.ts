/**
 * Figures of the scaling experiment on the trained models that stand beside the paper's: Fig. 4, Fig. 5 and where in its
 * decoding an answer is written in parallel.
 *
 * @module
 */
import { decodingProgressFigure } from "../../figures/decoding_progress.ts";
import {
  lookaheadCurvesFigure,
  type OneTokenLevel,
  type PublishedPoint,
} from "../../figures/lookahead_curves.ts";
import { parallelPanelsFigure } from "../../figures/parallel_panels.ts";
import type { ParallelTokensRow } from "../../figures/parallel_tokens.ts";
import type { Figure } from "../../figures/types.ts";
import { bootstrapRatio } from "../../metrics/bootstrap.ts";
import { mean } from "../../metrics/quantile.ts";
import { parallelCounts } from "../../metrics/parallel.ts";
import { CODE_TASK, D2F_MODELS, MATHS_TASK } from "../claims/scaling_claims.ts";
import { SCORE_SEED } from "../evaluation/scores.ts";
import type { TrainedCell } from "./lopa_scaling.ts";
import { comparisonFigures } from "./lopa_scaling_comparisons.ts";
import { PARALLEL_SERIES } from "./lopa_scaling_curves.ts";
import { taskSettings } from "./lopa_scaling_methods.ts";
import { loadPaperItems, type PaperItems } from "./lopa_scaling_paper.ts";
import {
  findTrained,
  rated,
  summariseTrained,
  type TrainedSummary,
} from "./lopa_scaling_rows.ts";

/** Tasks that stand for a benchmark of the paper. */
const TASKS = [MATHS_TASK, CODE_TASK];

function fig4(
  summaries: readonly TrainedSummary[],
  { fig4 }: PaperItems,
): Figure[] {
  const measured = summaries.flatMap((summary) => {
    const { lookaheads, name, threshold } = summary.method;
    return name !== "lopa" || lookaheads === null || threshold !== null ||
        !TASKS.includes(summary.task)
      ? []
      : [{ model: summary.model, lookaheads, ...rated(summary) }];
  }).sort((a, b) => a.lookaheads - b.lookaheads);
  if (measured.length === 0) return [];
  const oneToken = summaries.flatMap((summary): OneTokenLevel[] =>
    summary.name !== "one-token" || !TASKS.includes(summary.task) ? [] : [{
      model: summary.model,
      task: summary.task,
      score: 100 * summary.score.accuracy,
    }]
  );
  const tasks = [...new Set(measured.map(({ task }) => task))];
  const paper = tasks.flatMap((task): PublishedPoint[] => {
    const { benchmark } = taskSettings(task);
    return fig4.flatMap((row) =>
      row.benchmark !== benchmark || row.branches === null ? [] : [{
        ...{ task, benchmark, lookaheads: row.branches },
        ...{ tpf: row.tpf, score: row.score },
      }]
    );
  });
  return [
    lookaheadCurvesFigure({ measured, paper, oneToken, seed: SCORE_SEED }),
  ];
}

/** Steps of a model on a task, and the paper's. */
function parallelRows(
  cells: readonly TrainedCell[],
  { fig5 }: PaperItems,
  { model, task }: { readonly model: string; readonly task: string },
): ParallelTokensRow[] {
  const { benchmark } = taskSettings(task);
  return PARALLEL_SERIES.flatMap(([name, series, paperName]) => {
    const cell = findTrained(cells, { model, task, name });
    if (cell === undefined) return [];
    const steps = cell.result.rows.map(({ steps }) => steps);
    const published = fig5.filter((row) =>
      row.benchmark === benchmark && row.series === paperName
    );
    return [
      ...parallelCounts(steps).map((row) => ({
        source: "measured" as const,
        series,
        ...row,
      })),
      ...published.map((row) => ({
        source: "paper" as const,
        ...{ series, step: row.step, mean: row.mean_tokens, samples: null },
        ...{ q1: row.iqr_low, q3: row.iqr_high },
      })),
    ];
  });
}

function fig5(cells: readonly TrainedCell[], paper: PaperItems): Figure[] {
  return D2F_MODELS.flatMap((model) => {
    const tasks = TASKS.flatMap((task) => {
      const rows = parallelRows(cells, paper, { model, task });
      const cell = findTrained(cells, { model, task, name: "d2f" });
      return rows.length === 0 ? [] : [{
        ...{ task, benchmark: taskSettings(task).benchmark, rows },
        problems: (cell?.result.rows ?? []).length,
      }];
    });
    const id = `lopa-fig5-${model.split("-")[1]}`;
    return tasks.length === 0
      ? []
      : [parallelPanelsFigure(tasks, { id, model })];
  });
}

/** Places along a decode at which its steps are looked at; a multiple of three. */
const PLACES = 12;

/** Curves of the progress figure: our method and its name. */
const PROGRESS = [["lopa-7", "8 sequences"], ["d2f", "D2F"]] as const;

function progress(cells: readonly TrainedCell[]): Figure[] {
  const rows = D2F_MODELS.flatMap((model) =>
    PROGRESS.flatMap(([name, words]) =>
      TASKS.flatMap((task) => {
        const cell = findTrained(cells, { model, task, name });
        const answers = (cell?.result.rows ?? [])
          .map(({ answerSteps }) => answerSteps)
          .filter((steps) => steps.length > 0);
        if (answers.length === 0) return [];
        return Array.from({ length: PLACES }, (_, i) => {
          const place = (i + 0.5) / PLACES;
          const counts = answers.map((steps) =>
            steps[Math.floor(place * steps.length)]!
          );
          return {
            ...{ panel: model, series: `${task}, ${words}`, progress: place },
            ...{ mean: mean(counts), answers: answers.length },
            ...bootstrapRatio(counts.map((count) => [count, 1]), {
              seed: SCORE_SEED,
            }),
          };
        });
      })
    )
  );
  return rows.length === 0
    ? []
    : [decodingProgressFigure(rows, { seed: SCORE_SEED })];
}

/** The figures that the finished cells allow; none without cells. */
export async function trainedFigures(
  cells: readonly TrainedCell[],
): Promise<readonly Figure[]> {
  const paper = await loadPaperItems();
  return [
    ...fig4(summariseTrained(cells), paper),
    ...fig5(cells, paper),
    ...progress(cells),
    ...comparisonFigures(cells),
  ];
}
