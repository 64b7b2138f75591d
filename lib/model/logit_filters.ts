/**
 * Temperature, nucleus and top-k filters over the logits of one prediction.
 *
 * @module
 */
import { roundToBf16 } from "./float_types.ts";
import type { SamplingOptions } from "./types.ts";

/**
 * Logits divided by the temperature (where above 0), with everything outside the nucleus and the top k set to -infinity.
 * Filters apply at temperature 0 too, as in the Dream family.
 *
 * @param logits `[vocab]`; not changed.
 */
export function filterLogits(
  logits: Float32Array,
  sampling: Pick<
    SamplingOptions,
    "temperature" | "topP" | "topK" | "confidenceDtype"
  >,
): Float32Array {
  const { temperature, topP, topK } = sampling;
  const round = sampling.confidenceDtype === "bf16" ? roundToBf16 : Math.fround;
  const out = temperature > 0
    ? logits.map((logit) => round(logit / temperature))
    : logits.slice();
  if (topP !== null && topP < 1) keepNucleus(out, topP, { round });
  if (topK !== null && topK < out.length) keepLargest(out, topK);
  return out;
}

/** Keeps the most probable ids while the mass before them is at most `topP`; the first always stays. */
function keepNucleus(
  logits: Float32Array,
  topP: number,
  { round }: { round: (value: number) => number },
): void {
  const order = Int32Array.from(logits.keys()).sort((a, b) =>
    logits[b]! - logits[a]! || a - b
  );
  const largest = logits[order[0]!]!;
  const exps = Float64Array.from(
    order,
    (id) => Math.exp(logits[id]! - largest),
  );
  const total = exps.reduce((sum, value) => sum + value, 0);
  const limit = round(topP);
  let before = 0;
  for (let rank = 0; rank < order.length; rank++) {
    if (rank > 0 && round(before) > limit) logits[order[rank]!] = -Infinity;
    before += round(exps[rank]! / total);
  }
}

/** Keeps logits that are at least the k-th largest. */
function keepLargest(logits: Float32Array, topK: number): void {
  const kth = logits.slice().sort()[logits.length - topK]!;
  for (let id = 0; id < logits.length; id++) {
    if (logits[id]! < kth) logits[id] = -Infinity;
  }
}
