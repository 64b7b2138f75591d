/**
 * Predictions from shards of a vocabulary where the most probable token is taken and nothing is filtered: the devices give their
 * log-sum-exps and winners, so that no logits come to the host.
 *
 * @module
 */
import type { SamplingOptions } from "../model/types.ts";
import type { Communicator } from "./communicator.ts";
import type { HeadPrediction } from "./shard_head.ts";
import { SUM_NUMBERS, WINNER_NUMBERS } from "./shard_pieces.ts";
import type { ShardOutput } from "./shard_plans.ts";
import { mergeSums, rounding } from "./shard_sums.ts";
import { mergeWinners, readWinners } from "./shard_winners.ts";

/** Makes predictions together with all other shards. Rejects with a `NonFiniteError` when the logits hold NaN or infinity. */
export async function predictGreedily(
  communicator: Communicator,
  shard: Pick<ShardOutput, "count" | "sums" | "winners"> & {
    /** Token id of the first column. */
    readonly firstId: number;
  },
  sampling: SamplingOptions,
): Promise<HeadPrediction[]> {
  const round = rounding(sampling);
  const { count, firstId } = shard;
  const sums = await communicator.allGather(shard.sums);
  const own = await shard.winners(sumsOfAll(sums, count));
  for (let r = 0; r < count; r++) own[r * WINNER_NUMBERS + 1]! += firstId;
  const winners = await communicator.allGather(own);
  return Array.from({ length: count }, (_, r): HeadPrediction => {
    const { first, token, second, negEntropy } = mergeWinners(
      winners.map((words) => readWinners(words, r * WINNER_NUMBERS)),
    );
    return {
      token,
      probability: first,
      margin: round(first - second),
      negEntropy: round(negEntropy),
      top: [],
    };
  });
}

/** The sums of every prediction over all shards. */
function sumsOfAll(
  shards: readonly Float64Array[],
  count: number,
): Float64Array {
  const all = new Float64Array(SUM_NUMBERS * count);
  for (let r = 0; r < count; r++) {
    const at = SUM_NUMBERS * r;
    const { largest, sum } = mergeSums(
      shards.map((words) => ({ largest: words[at]!, sum: words[at + 1]! })),
    );
    all[at] = largest;
    all[at + 1] = sum;
  }
  return all;
}
