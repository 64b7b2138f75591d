/**
 * What is kept of one problem's decode.
 *
 * @module
 */
import type { Trace } from "../../decoding/trace_types.ts";
import { countSample } from "../../metrics/counts.ts";
import { blockPasses, settledPasses } from "../../metrics/passes.ts";
import { mean } from "../../metrics/quantile.ts";
import type { Grade, Problem } from "../../tasks/types.ts";

/** One problem, decoded and graded. JSON. */
export type ProblemRow = {
  /** Id of the problem. */
  readonly id: string;
  /** Slices it belongs to. */
  readonly labels: Readonly<Record<string, string>>;
  /** Whether the answer is right. */
  readonly correct: boolean;
  /** Why it is wrong, or `correct`. */
  readonly reason: string;
  /** The answer, up to its first end-of-sequence token. */
  readonly text: string;
  /** Its ids. */
  readonly ids: readonly number[];
  /** Number of `ids`: what the answer says, without end-of-sequence tokens and what follows the first. */
  readonly tokens: number;
  /** Generated positions, whatever they hold. */
  readonly canvas: number;
  /** Forward passes; a round of branches is one. */
  readonly forwards: number;
  /** Network calls if branches ran one by one. */
  readonly calls: number;
  /** Steps as the decoder's reference counts them. */
  readonly referenceSteps: number;
  /** Positions that went through the network. */
  readonly positions: number;
  /** Lookahead tokens accepted by winning. */
  readonly accepted: number;
  /** Tokens that each forward's rule wrote, anywhere; accepted lookahead tokens are not among them. */
  readonly steps: readonly number[];
  /** The same, counting only positions of `ids`, and with the accepted ones. */
  readonly answerSteps: readonly number[];
  /** Forwards after which the answer was known, its end of sequence included. */
  readonly settled: number;
  /** Passes that wrote in each block of {@linkcode ROW_BLOCK} positions. */
  readonly blocks: readonly number[];
  /** Blocks, from the first, that hold some of the answer or its end. */
  readonly inside: number;
  /** Mean probability with which the tokens of `ids` were written; 0 where there are none. */
  readonly committed: number;
};

/** Positions of a block in rows: the block of the models trained here. */
export const ROW_BLOCK = 16;

/** The row of a finished decode. */
export function problemRow(
  trace: Trace,
  { problem, grade, text }: {
    readonly problem: Problem;
    readonly grade: Grade;
    readonly text: string;
  },
): ProblemRow {
  const counts = countSample(trace);
  const end = trace.header.prompt.ids.length + counts.beforeEos;
  const inAnswer = ({ position }: { readonly position: number }) =>
    position < end;
  const blocks = blockPasses(trace, { blockSize: ROW_BLOCK });
  const sure = trace.steps.flatMap(({ fills }) =>
    fills.filter(inAnswer).map(({ probability }) => probability)
  );
  return {
    id: problem.id,
    labels: problem.labels,
    correct: grade.correct,
    reason: grade.reason,
    text,
    ids: [...trace.result.ids.subarray(0, counts.beforeEos)],
    tokens: counts.beforeEos,
    canvas: counts.canvas,
    forwards: counts.forwards,
    calls: counts.branchForwards,
    referenceSteps: counts.referenceSteps,
    positions: counts.positions,
    accepted: counts.accepted,
    steps: trace.steps.map(({ fills }) => fills.length),
    answerSteps: trace.steps.map(({ fills, accepted }) =>
      fills.filter(inAnswer).length +
      (accepted !== undefined && inAnswer(accepted) ? 1 : 0)
    ),
    settled: settledPasses(trace),
    blocks: blocks.map(({ passes }) => passes),
    inside: blocks.filter(({ behind }) => !behind).length,
    committed: sure.length === 0 ? 0 : mean(sure),
  };
}
