/**
 * From the logits of one prediction to what a sampler needs: token, probability, margin and negative entropy. Pure
 * functions; the native output head (`dllm_head` of `ffi/dllm.h`) computes the same in one fused pass.
 *
 * The order is that of Dream's sampler: bar, divide by the temperature, nucleus filter, top-k filter, softmax, draw
 * (`sample_tokens` of the Dream and LoPA repositories). The LLaDA family reads the confidence off the raw logits.
 *
 * @module
 */
import { filterLogits } from "./logit_filters.ts";
import { roundToBf16 } from "./float_types.ts";
import type { SamplingOptions } from "./types.ts";

/** What is known of one prediction. */
export interface Confidence {
  readonly token: number;
  /** Probability of the token. */
  readonly probability: number;
  /** Largest minus second largest probability. */
  readonly margin: number;
  /** Sum of p ln(p + epsilon), in nats. */
  readonly negEntropy: number;
  /** The distribution the three numbers were read from, `[vocab]`. */
  readonly distribution: Float32Array;
}

/**
 * Draws the token and reads its confidence.
 *
 * @param logits Raw logits, `[vocab]`; not changed.
 * @param sampling How to draw, from which distribution confidence is read, and in which precision.
 * @param options `uniform` in [0, 1) is needed when the temperature is above 0.
 */
export function confidence(
  logits: Float32Array,
  sampling: SamplingOptions,
  options: { readonly uniform?: number } = {},
): Confidence {
  const round = sampling.confidenceDtype === "bf16" ? roundToBf16 : Math.fround;
  const raw = Float32Array.from(logits, round);
  for (const id of sampling.barred) raw[id] = -Infinity;
  const filtered = softmax(filterLogits(raw, sampling), round);
  const token = sampling.temperature > 0
    ? draw(filtered, options.uniform)
    : argmax(filtered);
  const distribution = sampling.confidenceFrom === "raw"
    ? softmax(raw, round)
    : filtered;
  const [first, second] = twoLargest(distribution);
  return {
    token,
    probability: distribution[token]!,
    margin: round(first - second),
    negEntropy: negEntropy(distribution, sampling.entropyEpsilon, { round }),
    distribution,
  };
}

/**
 * Probabilities of logits, each rounded by `round`. Infinitely negative logits get 0.
 *
 * @param logits `[vocab]`, at least one finite.
 */
export function softmax(
  logits: Float32Array,
  round: (value: number) => number = Math.fround,
): Float32Array {
  let largest = -Infinity;
  for (const logit of logits) largest = Math.max(largest, logit);
  const exps = Float64Array.from(logits, (logit) => Math.exp(logit - largest));
  const total = exps.reduce((sum, value) => sum + value, 0);
  return Float32Array.from(exps, (value) => round(value / total));
}

/** Index of the largest value; the lowest of equal ones. */
export function argmax(values: Float32Array): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) {
    if (values[i]! > values[best]!) best = i;
  }
  return best;
}

/**
 * The `count` most probable ids that are not barred, most probable first, the lower id first among equals; -1 where there
 * are no more.
 */
export function mostProbable(
  distribution: Float32Array,
  count: number,
  options: { readonly barred?: readonly number[] } = {},
): Int32Array {
  const barred = new Set(options.barred);
  const ids = [...distribution.keys()].filter((id) => !barred.has(id));
  ids.sort((a, b) => distribution[b]! - distribution[a]! || a - b);
  return Int32Array.from({ length: count }, (_, rank) => ids[rank] ?? -1);
}

/** First id, in id order, whose cumulative probability exceeds the uniform. */
function draw(distribution: Float32Array, uniform: number | undefined): number {
  if (uniform === undefined) {
    throw new RangeError("a temperature above 0 needs a uniform in [0, 1)");
  }
  let total = 0;
  for (const p of distribution) total += p;
  let cumulative = 0;
  let last = 0;
  for (let id = 0; id < distribution.length; id++) {
    if (distribution[id] === 0) continue;
    last = id;
    cumulative += distribution[id]!;
    if (cumulative > uniform * total) return id;
  }
  return last;
}

function twoLargest(distribution: Float32Array): readonly [number, number] {
  let first = 0;
  let second = 0;
  for (const p of distribution) {
    if (p > first) [first, second] = [p, first];
    else if (p > second) second = p;
  }
  return [first, second];
}

function negEntropy(
  distribution: Float32Array,
  epsilon: number,
  { round }: { readonly round: (value: number) => number },
): number {
  let sum = 0;
  for (const p of distribution) {
    if (p > 0) sum += round(p * round(Math.log(round(p + epsilon))));
  }
  return round(sum);
}
