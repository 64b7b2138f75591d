/**
 * What `deno task reproduce` prints before and after the work.
 *
 * @module
 */
import type { Mode } from "../cell.ts";
import type { JudgedClaim } from "../claims/types.ts";
import { isToCompute, type PlannedExperiment } from "../plan.ts";
import { formatSeconds } from "../progress.ts";
import { verdictLine } from "../report/verdict_words.ts";

/** The plan: what is stored, what will be computed, and roughly how long that takes. */
export function planText(
  planned: readonly PlannedExperiment[],
  options: {
    readonly mode: Mode;
    readonly notebooks: readonly string[];
    readonly output: string;
  },
): string {
  const width = Math.max(
    ...planned.map(({ experiment }) => experiment.id.length),
    "notebooks".length,
  );
  const lines = planned.map(({ experiment, cells, seconds }) => {
    const stored = cells.filter((cell) => cell.stored !== null).length;
    const left = cells.filter(isToCompute);
    const waiting = cells.filter((cell) => cell.mine && cell.stored === null);
    const shared = waiting.length - left.length;
    const others = cells.length - stored - waiting.length;
    const parts = [
      `${cells.length} cells`,
      `${stored} stored`,
      `${left.length} to compute`,
      shared > 0 ? `${shared} from those before` : "",
      others > 0 ? `${others} left out` : "",
      left.length > 0 ? `about ${formatSeconds(seconds)}` : "",
    ].filter((part) => part !== "");
    return `  ${experiment.id.padEnd(width)}  ${parts.join(", ")}`;
  });
  const total = planned.reduce((sum, { seconds }) => sum + seconds, 0);
  if (options.notebooks.length > 0) {
    lines.push(
      `  ${"notebooks".padEnd(width)}  ${options.notebooks.length} to execute`,
    );
  }
  return [
    `Plan, mode ${options.mode}; estimates are for two processor cores:`,
    ...lines,
    `Computing takes about ${formatSeconds(total)}. Output: ${options.output}`,
    "",
  ].join("\n");
}

/** The verdicts, differing claims in full, and where to look. */
export function summaryText(
  judged: readonly JudgedClaim[],
  options: {
    readonly failures: readonly string[];
    readonly missing: number;
    readonly report: string;
  },
): string {
  const { failures, missing, report } = options;
  const of = (scope: string) =>
    verdictLine(judged.filter(({ claim }) => claim.scope === scope));
  const differing = judged.filter(({ verdict }) => verdict === "differs");
  return [
    "",
    `Claims on the models trained here: ${of("mini")}.`,
    `Claims as trends on tiny models: ${of("tiny")}.`,
    `Claims about the papers' systems, against a projection: ${
      of("projection")
    }.`,
    `The papers' own numbers: ${
      of("paper")
    } (the report says what each needs).`,
    ...differing.map(({ claim, reason }) =>
      `  differs: ${claim.statement} ${reason}`
    ),
    ...(missing > 0
      ? [
        `${missing} cells were left out by --shard or --only; run without them to complete the report.`,
      ]
      : []),
    ...failures.map((failure) => `Could not run: ${failure}`),
    `Report: ${report}`,
    "",
  ].join("\n");
}
