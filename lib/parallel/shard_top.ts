/**
 * The most probable tokens of a sharded vocabulary.
 *
 * @module
 */
import type { SamplingOptions } from "../model/types.ts";
import type { LocalDistribution } from "./shard_winners.ts";

/** A token and its probability. */
export interface TopPair {
  /** -1 where there are no more. */
  readonly token: number;
  readonly p: number;
}

const NONE: TopPair = { token: -1, p: 0 };

/** The `count` most probable tokens of a shard that are not barred, the lower id first among equals. */
export function localTop(
  { firstId, probability }: LocalDistribution,
  { count, sampling }: {
    readonly count: number;
    readonly sampling: SamplingOptions;
  },
): TopPair[] {
  if (count === 0) return [];
  const barred = new Set(sampling.barred);
  return Array.from(probability, (p, i): TopPair => ({ token: firstId + i, p }))
    .filter(({ token }) => !barred.has(token))
    .sort(byProbability)
    .slice(0, count);
}

/** The `count` most probable of several lists; a token that stands in two counts with its larger probability. */
export function mergeTop(
  lists: readonly (readonly TopPair[])[],
  count: number,
): TopPair[] {
  const seen = new Set<number>();
  const sorted = lists.flat().sort(byProbability).filter(({ token }) => {
    if (token < 0 || seen.has(token)) return false;
    seen.add(token);
    return true;
  });
  return Array.from({ length: count }, (_, rank) => sorted[rank] ?? NONE);
}

/** Pairs as `2 count` numbers. */
export function topWords(pairs: readonly TopPair[], count: number): number[] {
  return Array.from({ length: count }, (_, rank) => pairs[rank] ?? NONE)
    .flatMap(({ token, p }) => [token, p]);
}

/** The reverse. */
export function readTop(
  words: Float64Array,
  at: number,
  count: number,
): TopPair[] {
  return Array.from({ length: count }, (_, rank) => ({
    token: words[at + 2 * rank]!,
    p: words[at + 2 * rank + 1]!,
  }));
}

function byProbability(a: TopPair, b: TopPair): number {
  return b.p - a.p || a.token - b.token;
}
