/**
 * Scores at the same number of passes. Thresholds mean different things to different models, so that a faster model at one threshold
 * may only be a looser one.
 *
 * @module
 */
import { linePanelsFigure, type LineRow } from "../../figures/line_panels.ts";
import type { Figure } from "../../figures/types.ts";
import { bootstrapStatistics } from "../../metrics/bootstrap.ts";
import type { Interval } from "../../metrics/interval.ts";
import { MATHS_TASK } from "../claims/scaling_claims.ts";
import { SCORE_SEED } from "../evaluation/scores.ts";
import type { ResultTable } from "../experiment.ts";
import { rightAt } from "../recipes/distill/selection.ts";
import { endColumns } from "./dparallel_columns.ts";
import { curvePoints, CURVES } from "./dparallel_curves.ts";
import { CONFIDENCE_METHOD } from "./dparallel_measure.ts";
import { type StudentSummary, studentSummary } from "./dparallel_rows.ts";

const FAMILIES = ["llada", "dream"] as const;

/** By how much the base's passes are divided: budgets at which scores are read off. */
const SPEEDUPS = [1, 1.5, 2, 3] as const;

/** A curve's score at a number of passes. */
export interface MatchedScore {
  readonly family: string;
  /** Name of the curve. */
  readonly curve: string;
  /** Thresholds on it. */
  readonly points: number;
  /** Problems that all of them decoded. */
  readonly problems: number;
  /** Times fewer passes than the base by confidence. */
  readonly speedup: number;
  readonly budget: number;
  /** Share of right answers, linear between the two nearest thresholds; `null` where none is that fast. */
  readonly right: number | null;
  /** Its 95% bootstrap interval over problems; of a resample that is never that fast the fastest threshold counts. */
  readonly interval: Interval | null;
}

/** A number for every problem and threshold, in that order, and how to read a score off their sums. */
function matched(
  points: readonly StudentSummary[],
  budget: number,
): Pick<MatchedScore, "problems" | "right" | "interval"> {
  const rows = points.map(({ rows }) =>
    new Map(rows.map((row) => [row.id, row]))
  );
  const ids = [...rows[0]!.keys()].filter((id) =>
    rows.every((known) => known.has(id))
  );
  const counts = ids.map((id) => [
    1,
    ...rows.flatMap((known) => {
      const { settled, correct } = known.get(id)!;
      return [settled, Number(correct)];
    }),
  ]);
  const curveOf = ([problems, ...sums]: Iterable<number>) =>
    points.map((_, i) => ({
      passes: sums[2 * i]! / problems!,
      right: sums[2 * i + 1]! / problems!,
    }));
  const total = counts.reduce((sums, row) =>
    sums.map((sum, i) => sum + row[i]!)
  );
  const right = rightAt(curveOf(total), budget);
  const { interval } = bootstrapStatistics(counts, {
    seed: SCORE_SEED,
    statistics: {
      interval: (sums) => {
        const curve = curveOf(sums);
        return rightAt(curve, budget) ??
          curve.toSorted((a, b) => a.passes - b.passes)[0]!.right;
      },
    },
  });
  return {
    ...{ problems: ids.length, right },
    interval: right === null ? null : interval,
  };
}

/** Every curve of at least two thresholds at every budget. */
export function matchedScores(
  summaries: readonly StudentSummary[],
): MatchedScore[] {
  return FAMILIES.flatMap((family) => {
    const base = studentSummary(summaries, {
      ...{ model: `${family}-mini`, task: MATHS_TASK },
      method: CONFIDENCE_METHOD,
    });
    if (base === undefined) return [];
    return CURVES.flatMap(([end, method, curve]) => {
      const points = curvePoints(summaries, { family, end, method });
      if (points.length < 2) return [];
      return SPEEDUPS.map((speedup): MatchedScore => {
        const budget = base.settled / speedup;
        return {
          ...{ family, curve, points: points.length, speedup, budget },
          ...matched(points, budget),
        };
      });
    });
  });
}

/** They as a table. */
export function matchedTable(
  summaries: readonly StudentSummary[],
): ResultTable {
  return {
    name: "dparallel-matched",
    rows: matchedScores(summaries).map(({ right, interval, ...row }) => ({
      ...row,
      score: right === null ? null : 100 * right,
      ...endColumns("score", interval, 100),
    })),
  };
}

/** Who is right how often at half the base's passes, for the heading. */
function halfWords(scores: readonly MatchedScore[], base: string): string {
  const reached = scores.flatMap(({ family, speedup, curve, right }) =>
    speedup === 2 && right !== null && `${family}-mini` === base
      ? [`${curve} ${(100 * right).toFixed(0)}%`]
      : []
  );
  return `At half the passes of ${base}: ${
    reached.length === 0 ? "no curve is that fast" : reached.join("; ")
  }`;
}

/** They as curves over budgets. */
export function matchedFigures(
  summaries: readonly StudentSummary[],
): Figure[] {
  const scores = matchedScores(summaries);
  const rows = scores.flatMap((
    { family, curve, problems, budget, right, interval },
  ): LineRow[] =>
    right === null ? [] : [{
      ...{ panel: `${family}-mini`, series: curve, x: budget },
      ...{ y: 100 * right, text: `n = ${problems}` },
      ...{ low: 100 * interval!.low, high: 100 * interval!.high },
    }]
  );
  if (rows.length === 0) return [];
  const words = scores.filter(({ speedup }) => speedup === 2).map((
    { family, curve, right },
  ) =>
    `${family}-mini ${curve} ${
      right === null ? "never that fast" : `${(100 * right).toFixed(0)}%`
    }`
  );
  return [linePanelsFigure(rows, {
    id: "dparallel-matched",
    title: "Score at matched passes",
    finding: halfWords(scores, rows[0]!.panel),
    subtitle: `${MATHS_TASK}; passes of the base by confidence divided by ${
      SPEEDUPS.join(", ")
    }; 95% bootstrap intervals over problems (seed ${SCORE_SEED})`,
    description: `At half the base's passes: ${words.join(", ")}.`,
    panels: FAMILIES.map((family) => ({
      title: `${family}-mini`,
      ...{ x: "Passes per answer", y: "Right answers (%)" },
      xMore: { rangemode: "tozero" },
    })),
    columns: 2,
    rowHeight: 340,
  })];
}
