/**
 * Nucleus and top-k filters over a sharded vocabulary: each shard gives the few tokens that could be left, and all of them filter
 * the same list.
 *
 * A token is in the nucleus if the mass of all tokens before it is at most the limit; the mass before it within its own shard is
 * no more than that, so that the nucleus lies within the shards' own prefixes.
 *
 * @module
 */
import type { SamplingOptions } from "../model/types.ts";
import {
  type ExponentialSum,
  rounding,
  type RowSums,
  type ShardRow,
} from "./shard_sums.ts";

/** A token that filters may leave. */
export interface Candidate {
  readonly token: number;
  /** Divided by the temperature, where it is above 0. */
  readonly logit: number;
  /** Its probability before temperature and filters. */
  readonly raw: number;
}

/** Numbers per candidate on the way. */
const CANDIDATE_WORDS = 3;

/** Whether sampling options filter at all. */
export function filters({ topP, topK }: SamplingOptions): boolean {
  return (topP !== null && topP < 1) || topK !== null;
}

/** The tokens of a shard that filters may leave, the largest logit first. */
export function localCandidates(
  { firstId, raw, scaled }: ShardRow,
  sampling: SamplingOptions,
  sums: RowSums,
): Candidate[] {
  const round = rounding(sampling);
  const order = Int32Array.from(scaled.keys())
    .filter((i) => scaled[i]! > -Infinity)
    .sort((a, b) => scaled[b]! - scaled[a]! || a - b);
  const sorted = Array.from(order, (i): Candidate => ({
    token: firstId + i,
    logit: scaled[i]!,
    raw: round(Math.exp(raw[i]! - sums.raw.largest) / sums.raw.sum),
  }));
  return keepFiltered(sorted, sampling, sums.scaled);
}

/** Candidates as numbers, with their count before them. */
export function candidateWords(candidates: readonly Candidate[]): number[] {
  return [
    candidates.length,
    ...candidates.flatMap(({ token, logit, raw }) => [token, logit, raw]),
  ];
}

/** The reverse; also gives where the next numbers begin. */
export function readCandidates(
  words: Float64Array,
  at: number,
): { readonly candidates: readonly Candidate[]; readonly end: number } {
  const count = words[at]!;
  const candidates = Array.from({ length: count }, (_, i): Candidate => {
    const from = at + 1 + i * CANDIDATE_WORDS;
    return {
      token: words[from]!,
      logit: words[from + 1]!,
      raw: words[from + 2]!,
    };
  });
  return { candidates, end: at + 1 + count * CANDIDATE_WORDS };
}

/** The tokens that the filters leave of all shards' candidates, in the order of their ids, with their new probabilities. */
export function filteredDistribution(
  shards: readonly (readonly Candidate[])[],
  sampling: SamplingOptions,
  sums: ExponentialSum,
): readonly (Candidate & { readonly probability: number })[] {
  const round = rounding(sampling);
  const sorted = shards.flat().sort((a, b) =>
    b.logit - a.logit || a.token - b.token
  );
  const left = keepFiltered(sorted, sampling, sums);
  const power = ({ logit }: Candidate) => Math.exp(logit - sums.largest);
  const total = left.reduce((sum, candidate) => sum + power(candidate), 0);
  return left.map((candidate) => ({
    ...candidate,
    probability: round(power(candidate) / total),
  })).sort((a, b) => a.token - b.token);
}

/** Filters candidates that are sorted by falling logit. */
function keepFiltered(
  sorted: readonly Candidate[],
  sampling: SamplingOptions,
  { largest, sum }: ExponentialSum,
): Candidate[] {
  const { topP, topK } = sampling;
  const round = rounding(sampling);
  let kept = sorted.length;
  if (topP !== null && topP < 1) {
    const limit = round(topP);
    let before = 0;
    kept = sorted.findIndex(({ logit }, rank) => {
      if (rank > 0 && round(before) > limit) return true;
      before += round(Math.exp(logit - largest) / sum);
      return false;
    });
    if (kept < 0) kept = sorted.length;
  }
  if (topK !== null && topK < kept) {
    const least = sorted[topK - 1]!.logit;
    while (sorted[kept - 1]!.logit < least) kept--;
  }
  return sorted.slice(0, kept);
}
