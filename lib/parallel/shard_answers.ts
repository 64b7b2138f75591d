/**
 * What goes into a shard and what comes out of all of them, in the terms of a request.
 *
 * @module
 */
import type { HeadPlan } from "../model/head_requests.ts";
import type { BranchPredictions, ForwardRequest } from "../model/types.ts";
import type { Communicator } from "./communicator.ts";
import type { HeadPrediction, ShardLogits } from "./shard_head.ts";
import type { ShardLayout } from "./shard_layout.ts";

/** Token ids as a shard counts them; those of another shard become its row of zeros. */
export function localTokens(
  tokens: Int32Array,
  { vocabulary: { start, end } }: ShardLayout,
): Int32Array {
  return tokens.map((id) => id >= start && id < end ? id - start : end - start);
}

/**
 * All logits of all requests, `[count, vocabulary]`, for a caller who asked for them: nothing else brings logits together.
 */
export async function allLogits(
  communicator: Communicator,
  { logits, count, stride, tokens }: ShardLogits,
  vocabulary: number,
): Promise<Float32Array> {
  const own = new Float64Array(count * tokens);
  for (let row = 0; row < count; row++) {
    const at = row * stride;
    own.set(logits.subarray(at, at + tokens), row * tokens);
  }
  const parts = await communicator.allGather(own);
  const out = new Float32Array(count * vocabulary);
  let column = 0;
  for (const part of parts) {
    const width = part.length / count;
    for (let row = 0; row < count; row++) {
      const from = part.subarray(row * width, (row + 1) * width);
      out.set(from, row * vocabulary + column);
    }
    column += width;
  }
  return out;
}

/** Predictions by branch. */
export function branchPredictions(
  { branches, top, logits: wantsLogits }: ForwardRequest,
  { answers }: HeadPlan,
  { predictions, logits, vocabulary }: {
    readonly predictions: readonly HeadPrediction[];
    readonly logits: Float32Array | null;
    readonly vocabulary: number;
  },
): BranchPredictions[] {
  return branches.map(({ predict }, b) => {
    const own = Array.from(answers[b]!, (answer) => predictions[answer]!);
    const pairs = own.flatMap((prediction) => prediction.top);
    return {
      positions: predict.slice(),
      tokens: Int32Array.from(own, ({ token }) => token),
      probability: Float32Array.from(own, ({ probability }) => probability),
      margin: Float32Array.from(own, ({ margin }) => margin),
      negEntropy: Float32Array.from(own, ({ negEntropy }) => negEntropy),
      ...(top === undefined ? {} : {
        topTokens: Int32Array.from(pairs, ({ token }) => token),
        topProbability: Float32Array.from(pairs, ({ p }) => p),
      }),
      ...(wantsLogits
        ? { logits: gatherRows(logits!, answers[b]!, vocabulary) }
        : {}),
    };
  });
}

function gatherRows(
  values: Float32Array,
  rows: Int32Array,
  width: number,
): Float32Array {
  const out = new Float32Array(rows.length * width);
  rows.forEach((row, i) =>
    out.set(values.subarray(row * width, (row + 1) * width), i * width)
  );
  return out;
}
