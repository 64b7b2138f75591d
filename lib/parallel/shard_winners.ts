/**
 * The second exchange of a sharded output head: from each shard its winner, its second, its part of the entropy and of the mass.
 *
 * @module
 */
import type { SamplingOptions } from "../model/types.ts";
import { type ExponentialSum, rounding, type ShardRow } from "./shard_sums.ts";

/** A distribution over a shard's tokens, read off its logits. */
export interface LocalDistribution {
  readonly firstId: number;
  /** Rounded as the confidence is, `[tokens]`. */
  readonly probability: Float32Array;
}

/** What is known of a distribution, over one shard's tokens or over all. */
export interface Winners {
  /** Largest probability. */
  readonly first: number;
  /** The lowest id that has it. */
  readonly token: number;
  /** Second largest probability. */
  readonly second: number;
  /** Sum of p ln(p + epsilon). */
  readonly negEntropy: number;
  /** Sum of the probabilities. */
  readonly mass: number;
}

/** Numbers that {@linkcode Winners} takes on the way. */
export const WINNER_WORDS = 5;

/** The distribution of a shard's tokens. */
export function localDistribution(
  { firstId }: Pick<ShardRow, "firstId">,
  logits: Float32Array,
  { sums, sampling }: {
    readonly sums: ExponentialSum;
    readonly sampling: SamplingOptions;
  },
): LocalDistribution {
  const round = rounding(sampling);
  const { largest, sum } = sums;
  const probability = logits.map((logit) =>
    round(Math.exp(logit - largest) / sum)
  );
  return { firstId, probability };
}

/** What a shard knows of a distribution. */
export function localWinners(
  { firstId, probability }: LocalDistribution,
  sampling: SamplingOptions,
): Winners {
  const round = rounding(sampling);
  let first = -1, token = firstId, second = 0, negEntropy = 0, mass = 0;
  for (let i = 0; i < probability.length; i++) {
    const p = probability[i]!;
    if (p > first) {
      second = Math.max(first, 0);
      first = p;
      token = firstId + i;
    } else if (p > second) second = p;
    mass += p;
    if (p === 0) continue;
    const log = round(Math.log(round(p + sampling.entropyEpsilon)));
    negEntropy += round(p * log);
  }
  return { first, token, second, negEntropy, mass };
}

/** Winners as {@linkcode WINNER_WORDS} numbers. */
export function winnerWords(winners: Winners): number[] {
  const { first, token, second, negEntropy, mass } = winners;
  return [first, token, second, negEntropy, mass];
}

/** The reverse. */
export function readWinners(words: Float64Array, at: number): Winners {
  const [first, token, second, negEntropy, mass] = words.subarray(
    at,
    at + WINNER_WORDS,
  );
  return {
    first: first!,
    token: token!,
    second: second!,
    negEntropy: negEntropy!,
    mass: mass!,
  };
}

/** Winners over all shards, given in the order of their ids. */
export function mergeWinners(shards: readonly Winners[]): Winners {
  return shards.reduce((a, b) => {
    const [winner, loser] = b.first > a.first ? [b, a] : [a, b];
    return {
      first: winner.first,
      token: winner.token,
      second: Math.max(winner.second, loser.first),
      negEntropy: a.negEntropy + b.negEntropy,
      mass: a.mass + b.mass,
    };
  });
}

/**
 * Which shard a draw falls into, and what of the goal is left there.
 *
 * @param uniform In [0, 1).
 */
export function drawnShard(
  shards: readonly Winners[],
  uniform: number,
): { readonly shard: number; readonly goal: number } {
  const total = shards.reduce((sum, { mass }) => sum + mass, 0);
  let before = 0, last = 0;
  for (const [shard, { mass }] of shards.entries()) {
    if (mass === 0) continue;
    last = shard;
    if (before + mass > uniform * total) {
      return { shard, goal: uniform * total - before };
    }
    before += mass;
  }
  return { shard: last, goal: Infinity };
}

/** The first token whose running probability exceeds `goal`; else the last one that has any. */
export function drawWithin(
  { firstId, probability }: LocalDistribution,
  goal: number,
): number {
  let running = 0, last = 0;
  for (let i = 0; i < probability.length; i++) {
    if (probability[i] === 0) continue;
    running += probability[i]!;
    last = i;
    if (running > goal) break;
  }
  return firstId + last;
}
