/**
 * Predictions from logits that no rank holds in full: what travels between shards are log-sum-exps, winners, and where filters are
 * asked for the few tokens that could pass them. Every shard ends with the same predictions.
 *
 * @module
 */
import { NonFiniteError } from "../model/errors.ts";
import type { SamplingOptions } from "../model/types.ts";
import type { Communicator } from "./communicator.ts";
import {
  candidateWords,
  filteredDistribution,
  filters,
  localCandidates,
  readCandidates,
} from "./shard_candidates.ts";
import {
  localSums,
  mergedSums,
  rounding,
  type RowSums,
  type ShardRow,
  shardRow,
} from "./shard_sums.ts";
import { localTop, mergeTop, readTop, topWords } from "./shard_top.ts";
import {
  drawnShard,
  drawWithin,
  type LocalDistribution,
  localDistribution,
  localWinners,
  mergeWinners,
  readWinners,
  WINNER_WORDS,
  type Winners,
  winnerWords,
} from "./shard_winners.ts";

/** Logits of several predictions over a shard's part of the vocabulary. */
export interface ShardLogits {
  /** `[count, stride]`, of which the first `tokens` columns count. */
  readonly logits: Float32Array;
  readonly count: number;
  readonly stride: number;
  readonly tokens: number;
  /** Token id of the first column. */
  readonly firstId: number;
}

/** How the predictions are made. */
export interface HeadOptions {
  readonly sampling: SamplingOptions;
  /** One per prediction; needed when the temperature is above 0. */
  readonly uniforms: Float64Array | null;
  /** Most probable tokens to list; 0 for none. */
  readonly top: number;
  /** Tokens of all shards. */
  readonly vocabulary: number;
}

/** One prediction. */
export interface HeadPrediction {
  readonly token: number;
  readonly probability: number;
  readonly margin: number;
  readonly negEntropy: number;
  /** `top` pairs, most probable first; -1 and 0 where there are no more. */
  readonly top: readonly { readonly token: number; readonly p: number }[];
}

/** Both distributions of one prediction over a shard's tokens. */
interface LocalRow {
  readonly row: ShardRow;
  readonly sums: RowSums;
  /** What is drawn from where nothing is filtered. */
  readonly drawn: LocalDistribution;
  /** What the confidence is read from where it is not the filtered distribution. */
  readonly measured: LocalDistribution;
}

/**
 * Makes predictions together with all other shards, which call it with their own logits and the same options.
 *
 * @throws {NonFiniteError} When a logit of this shard is NaN or infinite.
 */
export async function predictTogether(
  communicator: Communicator,
  given: ShardLogits,
  options: HeadOptions,
): Promise<HeadPrediction[]> {
  const { sampling } = options;
  const rows = rowsOf(given, sampling);
  const sums = await communicator.allGather(
    Float64Array.from(rows.flatMap(localSums)),
  );
  const local = rows.map((row, r) =>
    localRow(row, { sums: mergedSums(sums, r), sampling })
  );
  const words = await communicator.allGather(
    Float64Array.from(local.flatMap((row) => localWords(row, options))),
  );
  const merged = mergedRows(words, local.length, options);
  if (filters(sampling)) {
    return merged.map((row, r) =>
      filteredPrediction(row, { ...options, sums: local[r]!.sums, r })
    );
  }
  const drawn = sampling.temperature > 0
    ? await drawTogether(communicator, local, { merged, options })
    : null;
  return merged.map((row, r) => densePrediction(row, drawn?.[r], options));
}

function rowsOf(given: ShardLogits, sampling: SamplingOptions): ShardRow[] {
  const { logits, count, stride, tokens, firstId } = given;
  return Array.from({ length: count }, (_, r) => {
    const own = logits.subarray(r * stride, r * stride + tokens);
    if (!own.every(Number.isFinite)) {
      throw new NonFiniteError(
        `request ${r}: its logits hold NaN or infinity; look for overflow in the hidden states`,
      );
    }
    return shardRow(own, firstId, sampling);
  });
}

function localRow(
  row: ShardRow,
  { sums, sampling }: {
    readonly sums: RowSums;
    readonly sampling: SamplingOptions;
  },
): LocalRow {
  const of = (logits: Float32Array, sums: RowSums["raw"]) =>
    localDistribution(row, logits, { sums, sampling });
  const drawn = of(row.scaled, sums.scaled);
  const measured = sampling.confidenceFrom === "raw" && row.raw !== row.scaled
    ? of(row.raw, sums.raw)
    : drawn;
  return { row, sums, drawn, measured };
}

/** What a shard gives of one prediction in the second exchange. */
function localWords(
  { row, sums, drawn, measured }: LocalRow,
  { sampling, top }: HeadOptions,
): number[] {
  return [
    ...winnerWords(localWinners(drawn, sampling)),
    ...winnerWords(localWinners(measured, sampling)),
    ...topWords(localTop(measured, { count: top, sampling }), top),
    ...(filters(sampling)
      ? candidateWords(localCandidates(row, sampling, sums))
      : []),
  ];
}

/** What all shards gave of one prediction. */
interface MergedRow {
  readonly shards: readonly Winners[];
  readonly drawn: Winners;
  readonly measured: Winners;
  readonly top: HeadPrediction["top"];
  readonly candidates: readonly Parameters<typeof filteredDistribution>[0][0][];
}

function mergedRows(
  words: readonly Float64Array[],
  count: number,
  { sampling, top }: HeadOptions,
): MergedRow[] {
  const ends = words.map(() => 0);
  return Array.from({ length: count }, () => {
    const parts = words.map((own, shard) => {
      const at = ends[shard]!;
      const pairsAt = at + 2 * WINNER_WORDS;
      const after = pairsAt + 2 * top;
      const { candidates, end } = filters(sampling)
        ? readCandidates(own, after)
        : { candidates: [], end: after };
      ends[shard] = end;
      return {
        drawn: readWinners(own, at),
        measured: readWinners(own, at + WINNER_WORDS),
        top: readTop(own, pairsAt, top),
        candidates,
      };
    });
    return {
      shards: parts.map((part) => part.drawn),
      drawn: mergeWinners(parts.map((part) => part.drawn)),
      measured: mergeWinners(parts.map((part) => part.measured)),
      top: mergeTop(parts.map((part) => part.top), top),
      candidates: parts.map((part) => part.candidates),
    };
  });
}

/** Token and probability of every draw: the shard that it falls into tells the others. */
async function drawTogether(
  communicator: Communicator,
  local: readonly LocalRow[],
  { merged, options }: {
    readonly merged: readonly MergedRow[];
    readonly options: HeadOptions;
  },
): Promise<{ readonly token: number; readonly p: number }[]> {
  const places = merged.map(({ shards }, r) =>
    drawnShard(shards, options.uniforms![r]!)
  );
  const own = local.flatMap(({ drawn, measured }, r) => {
    const { shard, goal } = places[r]!;
    if (shard !== communicator.rank) return [0, 0];
    const token = drawWithin(drawn, goal);
    return [token, measured.probability[token - measured.firstId]!];
  });
  const all = await communicator.allGather(Float64Array.from(own));
  return places.map(({ shard }, r) => ({
    token: all[shard]![2 * r]!,
    p: all[shard]![2 * r + 1]!,
  }));
}

function densePrediction(
  { drawn, measured, top }: MergedRow,
  draw: { readonly token: number; readonly p: number } | undefined,
  { sampling }: HeadOptions,
): HeadPrediction {
  const round = rounding(sampling);
  return {
    token: draw?.token ?? drawn.token,
    probability: draw?.p ?? measured.first,
    margin: round(measured.first - measured.second),
    negEntropy: round(measured.negEntropy),
    top,
  };
}

function filteredPrediction(
  { candidates, measured, top: rawTop }: MergedRow,
  { sampling, uniforms, top, vocabulary, sums, r }: HeadOptions & {
    readonly sums: RowSums;
    readonly r: number;
  },
): HeadPrediction {
  const round = rounding(sampling);
  const left = filteredDistribution(candidates, sampling, sums.scaled);
  const sparse = Float32Array.from(left, ({ probability }) => probability);
  const distribution = { firstId: 0, probability: sparse };
  const own = localWinners(distribution, sampling);
  const total = own.mass;
  const chosen = left[
    sampling.temperature > 0
      ? drawWithin(distribution, uniforms![r]! * total)
      : own.token
  ]!;
  const raw = sampling.confidenceFrom === "raw";
  const { first, second, negEntropy } = raw ? measured : own;
  return {
    token: chosen.token,
    probability: raw ? chosen.raw : chosen.probability,
    margin: round(first - second),
    negEntropy: round(negEntropy),
    top: raw ? rawTop : mergeTop(
      [
        left.map(({ token, probability: p }) => ({ token, p })),
        improbable(vocabulary, {
          barred: sampling.barred,
          count: left.length + top,
        }),
      ],
      top,
    ),
  };
}

/** The lowest ids that are not barred, to fill up a list of probable tokens. */
function improbable(
  vocabulary: number,
  { barred, count }: {
    readonly barred: readonly number[];
    readonly count: number;
  },
): { readonly token: number; readonly p: number }[] {
  const least = Math.min(vocabulary, count + barred.length);
  return Array.from({ length: least }, (_, token) => ({ token, p: 0 }))
    .filter(({ token }) => !barred.includes(token));
}
