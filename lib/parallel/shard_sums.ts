/**
 * The first exchange of a sharded output head: from each shard the largest logit and the sum of exponentials, which together are a
 * log-sum-exp.
 *
 * @module
 */
import { roundToBf16 } from "../model/float_types.ts";
import type { SamplingOptions } from "../model/types.ts";

/** Logits of one prediction over a shard's part of the vocabulary. */
export interface ShardRow {
  /** Token id of the first. */
  readonly firstId: number;
  /** As the confidence rounds them; barred ones are -infinity. `[tokens]`. */
  readonly raw: Float32Array;
  /** Divided by the temperature, where it is above 0. `[tokens]`. */
  readonly scaled: Float32Array;
}

/** Largest logit and sum of exponentials below it, of one distribution. */
export interface ExponentialSum {
  readonly largest: number;
  readonly sum: number;
}

/** Both distributions of a prediction. */
export interface RowSums {
  readonly scaled: ExponentialSum;
  readonly raw: ExponentialSum;
}

/** Numbers that {@linkcode rowSums} takes on the way. */
export const SUM_WORDS = 4;

/** Rounds as the confidence does. */
export function rounding(
  { confidenceDtype }: SamplingOptions,
): (value: number) => number {
  return confidenceDtype === "bf16" ? roundToBf16 : Math.fround;
}

/** Prepares the logits of one prediction, `[tokens]`. */
export function shardRow(
  logits: Float32Array,
  firstId: number,
  sampling: SamplingOptions,
): ShardRow {
  const round = rounding(sampling);
  const { temperature } = sampling;
  const raw = Float32Array.from(logits, round);
  for (const id of sampling.barred) {
    const index = id - firstId;
    if (index >= 0 && index < raw.length) raw[index] = -Infinity;
  }
  const scaled = temperature > 0
    ? raw.map((logit) => round(logit / temperature))
    : raw;
  return { firstId, raw, scaled };
}

/** What a shard gives of one prediction, {@linkcode SUM_WORDS} numbers. */
export function localSums({ raw, scaled }: ShardRow): number[] {
  const ofScaled = exponentialSum(scaled);
  const ofRaw = raw === scaled ? ofScaled : exponentialSum(raw);
  return [ofScaled.largest, ofScaled.sum, ofRaw.largest, ofRaw.sum];
}

/** The sums over all shards of prediction `row`. */
export function mergedSums(
  shards: readonly Float64Array[],
  row: number,
): RowSums {
  const merged = (word: number) =>
    mergeSums(shards.map((words) => ({
      largest: words[row * SUM_WORDS + word]!,
      sum: words[row * SUM_WORDS + word + 1]!,
    })));
  return { scaled: merged(0), raw: merged(2) };
}

function exponentialSum(logits: Float32Array): ExponentialSum {
  let largest = -Infinity;
  for (const logit of logits) largest = Math.max(largest, logit);
  if (largest === -Infinity) return { largest, sum: 0 };
  let sum = 0;
  for (const logit of logits) sum += Math.exp(logit - largest);
  return { largest, sum };
}

/** The sum over several parts of a distribution, in their order. */
export function mergeSums(parts: readonly ExponentialSum[]): ExponentialSum {
  const largest = Math.max(...parts.map((part) => part.largest));
  const sum = parts.reduce(
    (total, part) =>
      part.sum === 0
        ? total
        : total + part.sum * Math.exp(part.largest - largest),
    0,
  );
  return { largest, sum };
}
