/**
 * Which part of a model each shard holds: query heads with the key-value heads that they share, rows of the MLP, and rows of the
 * vocabulary. Shares differ by one at most, so that no count has to divide.
 *
 * @module
 */
import type { ModelConfig } from "../model/config.ts";
import type { PositionRange } from "../model/types.ts";
import { MeshError } from "./errors.ts";
import { evenShares } from "./mesh.ts";

/** One shard of a model. */
export interface ShardLayout {
  /** Its number. */
  readonly shard: number;
  /** Query heads. */
  readonly heads: PositionRange;
  /**
   * Of each local key-value head the head of the model that it is. One that serves query heads of several shards is in each of
   * them; within a shard one may stand several times, so that all serve the same number of query heads.
   */
  readonly kvHeads: readonly number[];
  /** Rows of gate and up projection, columns of the down projection. */
  readonly mlp: PositionRange;
  /** Rows of the embedding and of the output head. */
  readonly vocabulary: PositionRange;
  /**
   * The network that the shard computes: the same width, its own heads and MLP, and its own vocabulary with one row of zeros
   * after it, which stands for every token of another shard.
   */
  readonly config: ModelConfig;
}

/**
 * Divides a model.
 *
 * @throws {MeshError} When there are more shards than query heads, rows of the MLP or rows of the vocabulary.
 */
export function shardLayouts(config: ModelConfig, tp: number): ShardLayout[] {
  const { heads, mlpSize, vocabSize } = config;
  for (
    const [what, count] of [
      ["attention heads", heads],
      ["MLP rows", mlpSize],
      ["vocabulary rows", vocabSize],
    ] as const
  ) {
    if (tp <= count) continue;
    throw new MeshError(
      `tp=${tp} given, but the model has only ${count} ${what}; at most that many shards are possible`,
    );
  }
  const headShares = evenShares(heads, tp);
  const mlpShares = evenShares(mlpSize, tp);
  const vocabularyShares = evenShares(vocabSize, tp);
  return headShares.map((own, shard) => {
    const kvHeads = localKvHeads(own, heads / config.kvHeads);
    const mlp = mlpShares[shard]!;
    const vocabulary = vocabularyShares[shard]!;
    return {
      shard,
      heads: own,
      kvHeads,
      mlp,
      vocabulary,
      config: {
        ...config,
        heads: own.end - own.start,
        kvHeads: kvHeads.length,
        mlpSize: mlp.end - mlp.start,
        vocabSize: vocabulary.end - vocabulary.start + 1,
      },
    };
  });
}

/** Key-value heads of consecutive query heads, `group` of which share one: as few as serve equally many query heads each. */
function localKvHeads(
  { start, end }: PositionRange,
  group: number,
): number[] {
  const served = Array.from(
    { length: end - start },
    (_, i) => Math.floor((start + i) / group),
  );
  const runs = [...new Set(served)].map((kv) =>
    served.filter((other) => other === kv).length
  );
  const each = runs.reduce(greatestDivisor);
  return served.filter((_, i) => i % each === 0);
}

function greatestDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestDivisor(b, a % b);
}
