/**
 * One LoPA round as a table: what each branch tried, how it scored, and which one won.
 *
 * @module
 */
import { unwrittenId } from "../decoding/model_kind.ts";
import { replay } from "../decoding/replay.ts";
import type { Trace } from "../decoding/trace_types.ts";
import type { FigureRow } from "./types.ts";

/** Options of {@linkcode lopaRoundRows}. */
export interface LopaRoundRowsOptions {
  /** 1-based round. */
  readonly round: number;
  /** Text of a token. */
  readonly text: (token: number) => string;
}

/**
 * Rows of one round of a LoPA trace, in evaluation order: the branch, the lookahead token it added to the last winner, its
 * canvas with masks as `_`, its score, and whether it won.
 *
 * @throws {RangeError} when the trace has no such round.
 */
export function lopaRoundRows(
  trace: Trace,
  options: LopaRoundRowsOptions,
): FigureRow[] {
  const { round, text } = options;
  const step = trace.steps[round - 1];
  if (step === undefined) {
    throw new RangeError(
      `Cannot show round ${round}: the trace has rounds 1 to ${trace.steps.length}`,
    );
  }
  const promptLength = trace.header.prompt.ids.length;
  const maskId = unwrittenId(trace.header.model);
  const start = round === 1
    ? Int32Array.from(trace.header.prompt.ids)
    : replay(trace).drop(round - 2).next().value!.canvas;
  const spawned = trace.steps[round - 2]?.spawned ?? [];
  const end = step.window.start + step.window.length;
  return step.branches.map((branch, n) => {
    const origin = spawned.find((candidate) =>
      candidate.id === branch.id && candidate.anchor === branch.anchor
    );
    const canvas = new Int32Array(Math.max(end, start.length)).fill(maskId);
    canvas.set(start);
    const position = origin?.position ?? null;
    if (position !== null) canvas[position] = origin!.token!;
    const window = [...canvas.subarray(promptLength, end)];
    return {
      branch: branch.anchor ? "anchor" : `lookahead ${n + 1}`,
      "added token": position === null
        ? "-"
        : `"${text(origin!.token!)}" at ${position - promptLength}`,
      canvas: window.map((id) => id === maskId ? "_" : text(id)).join(""),
      "masks left": branch.masks,
      score: branch.score === null ? null : Number(branch.score.toFixed(4)),
      won: n === step.winner ? "yes" : "",
    };
  });
}
