/**
 * Which rows go through the output head, and which of them answers which prediction.
 *
 * @module
 */
import type { HeadRows } from "../engine/mod.ts";
import { int32Array } from "./small_arrays.ts";
import type { ForwardRequest } from "./types.ts";
import type { WindowPlan } from "./window_plan.ts";

/** Rows for the head, and for each branch the one that answers each of its predictions. */
export interface HeadPlan {
  readonly requests: HeadRows;
  readonly answers: readonly Int32Array[];
}

/**
 * Lists the rows to be predicted from. A row shared by several branches, such as the boundary row, goes through the head once
 * unless every prediction draws with a uniform of its own.
 */
export function planHead(
  { branches, sampling }: ForwardRequest,
  window: WindowPlan,
): HeadPlan {
  let most = 0;
  for (const { predict } of branches) most += predict.length;
  const rows = int32Array(most);
  const greedy = sampling.temperature === 0;
  const uniforms = greedy ? null : new Float64Array(most);
  /** One more than the index of the request for a row; the boundary row comes first. */
  const known = int32Array(window.tokens.length + 1);
  let count = 0;
  const answers: Int32Array[] = [];
  for (let b = 0; b < branches.length; b++) {
    const wanted = window.answerRows[b]!;
    const answer = int32Array(wanted.length);
    for (let i = 0; i < wanted.length; i++) {
      const row = wanted[i]!;
      if (greedy && known[row + 1]! > 0) {
        answer[i] = known[row + 1]! - 1;
        continue;
      }
      if (uniforms) uniforms[count] = branches[b]!.uniforms![i]!;
      rows[count] = row;
      answer[i] = count++;
      known[row + 1] = count;
    }
    answers.push(answer);
  }
  return {
    requests: {
      rows: rows.subarray(0, count),
      uniforms,
      temperature: sampling.temperature,
      topP: sampling.topP ?? 1,
      topK: Math.min(sampling.topK ?? 0, 2 ** 31 - 1),
      entropyEpsilon: sampling.entropyEpsilon,
      raw: sampling.confidenceFrom === "raw",
      bf16: sampling.confidenceDtype === "bf16",
    },
    answers,
  };
}
