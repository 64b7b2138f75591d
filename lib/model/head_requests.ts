/**
 * Which rows go through the output head, and which of them answers which prediction.
 *
 * @module
 */
import type { HeadRequest } from "../engine/mod.ts";
import type { ForwardRequest } from "./types.ts";
import type { WindowPlan } from "./window_plan.ts";

/** Requests to the head, and for each branch the request that answers each of its predictions. */
export interface HeadPlan {
  readonly requests: readonly HeadRequest[];
  readonly answers: readonly Int32Array[];
}

/**
 * Lists the rows to be predicted from. A row shared by several branches, such as the boundary row, goes through the head once
 * unless every prediction draws with a uniform of its own.
 */
export function planHead(
  request: ForwardRequest,
  window: WindowPlan,
): HeadPlan {
  const { sampling } = request;
  const options = {
    temperature: sampling.temperature,
    topP: sampling.topP ?? 1,
    topK: Math.min(sampling.topK ?? 0, 2 ** 31 - 1),
    entropyEpsilon: sampling.entropyEpsilon,
    raw: sampling.confidenceFrom === "raw",
    bf16: sampling.confidenceDtype === "bf16",
  };
  const requests: HeadRequest[] = [];
  const known = new Map<number, number>();
  const greedy = sampling.temperature === 0;
  const answers = request.branches.map((branch, b) =>
    window.answerRows[b]!.map((row, i) => {
      const before = greedy ? known.get(row) : undefined;
      if (before !== undefined) return before;
      known.set(row, requests.length);
      return requests.push({
        ...options,
        row: Math.max(row, 0),
        boundary: row < 0,
        uniform: branch.uniforms?.[i] ?? 0,
      }) - 1;
    })
  );
  return { requests, answers };
}
