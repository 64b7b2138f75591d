/**
 * What `deno task evaluate` prints of a score.
 *
 * @module
 */
import type { Interval } from "../../metrics/interval.ts";
import type { ProblemRow } from "./problem_row.ts";
import type { Score } from "./scores.ts";

function percent(share: number): string {
  return `${(100 * share).toFixed(1)}%`;
}

function between(
  { low, high }: Interval,
  show: (value: number) => string,
): string {
  return `${show(low)} to ${show(high)}`;
}

function fixed(value: number): string {
  return value.toFixed(2);
}

/** Solved share by slice, e.g. `steps: 1 100.0% of 130, 2 97.1% of 140`. */
function sliceLines(rows: readonly ProblemRow[]): string[] {
  const labels = [...new Set(rows.flatMap((row) => Object.keys(row.labels)))];
  return labels.map((label) => {
    const groups = Map.groupBy(rows, (row) => row.labels[label] ?? "none");
    const parts = [...groups.keys()].sort().map((value) => {
      const group = groups.get(value)!;
      const solved = group.filter(({ correct }) => correct).length;
      return `${value} ${percent(solved / group.length)} of ${group.length}`;
    });
    return `  ${label}: ${parts.join(", ")}`;
  });
}

/** The score in words, then the first `show` wrong answers. */
export function scoreText(
  rows: readonly ProblemRow[],
  score: Score,
  { show }: { readonly show: number },
): string {
  const wrong = rows.filter(({ correct }) => !correct).slice(0, show);
  return [
    `  solved ${score.correct} of ${score.problems}: ${
      percent(score.accuracy)
    } (${between(score.accuracyInterval, percent)})`,
    `  tokens per forward ${fixed(score.tpf)} (${
      between(score.tpfInterval, fixed)
    }), with end tokens ${fixed(score.referenceTpf)}`,
    `  ${fixed(score.tokensPerCall)} tokens per model call, ${
      fixed(score.positionsPerToken)
    } positions per token, ${fixed(score.forwards)} forwards per answer`,
    ...sliceLines(rows),
    ...wrong.map(({ id, reason, text }) =>
      `  wrong: ${id}: ${reason}\n${text.replaceAll(/^/gm, "    ")}`
    ),
    "",
  ].join("\n");
}
