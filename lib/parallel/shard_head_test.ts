/** Predictions from shards of logits against those from all logits. */
import { assert, assertEquals, assertGreater } from "@std/assert";
import fc from "fast-check";
import { confidence, mostProbable } from "../model/confidence.ts";
import { GREEDY } from "../model/greedy.ts";
import type { SamplingOptions } from "../model/types.ts";
import { InProcessGroup } from "./in_process.ts";
import { evenShares } from "./mesh.ts";
import { type HeadPrediction, predictTogether } from "./shard_head.ts";

/** Predictions of every shard. */
function shardedPredictions(
  rows: readonly Float32Array[],
  { shards, sampling, uniforms, top }: {
    readonly shards: number;
    readonly sampling: SamplingOptions;
    readonly uniforms: Float64Array;
    readonly top: number;
  },
): Promise<HeadPrediction[][]> {
  const vocabulary = rows[0]!.length;
  const group = new InProcessGroup(shards);
  return Promise.all(
    evenShares(vocabulary, shards).map(({ start, end }, shard) => {
      const stride = end - start + 1; // one column that does not count
      const logits = new Float32Array(rows.length * stride).fill(1e9);
      rows.forEach((row, r) =>
        logits.set(row.subarray(start, end), r * stride)
      );
      return predictTogether(group.communicator(shard), {
        logits,
        count: rows.length,
        stride,
        tokens: end - start,
        firstId: start,
      }, { sampling, uniforms, top, vocabulary });
    }),
  );
}

const samplings: fc.Arbitrary<Omit<SamplingOptions, "barred">> = fc.record({
  temperature: fc.constantFrom(0, 0, 0.5, 1.3),
  topP: fc.constantFrom(null, null, 0.3, 0.9, 1),
  topK: fc.constantFrom(null, null, 1, 3, 50),
  confidenceFrom: fc.constantFrom("filtered" as const, "raw" as const),
  confidenceDtype: fc.constantFrom(
    "f32" as const,
    "f32" as const,
    "bf16" as const,
  ),
  entropyEpsilon: fc.constantFrom(0, 1e-10, 1e-3),
});

Deno.test("predictTogether: any number of shards predicts as the whole vocabulary does", async () => {
  let compared = 0, skipped = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.array(fc.integer({ min: -400, max: 400 }), {
          minLength: 17,
          maxLength: 17,
        }),
        { minLength: 1, maxLength: 3 },
      ),
      fc.integer({ min: 1, max: 6 }),
      samplings,
      fc.uniqueArray(fc.nat(16), { maxLength: 15 }),
      fc.array(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), {
        minLength: 3,
        maxLength: 3,
      }),
      fc.constantFrom(0, 2, 17),
      async (given, shards, options, barred, draws, top) => {
        const sampling = { ...options, barred };
        const rows = given.map((row) => Float32Array.from(row, (l) => l / 37));
        const uniforms = Float64Array.from(draws);
        const all = await shardedPredictions(rows, {
          shards,
          sampling,
          uniforms,
          top,
        });
        for (const predictions of all) assertEquals(predictions, all[0]);
        const near = sampling.confidenceDtype === "bf16" ? 2e-2 : 2e-6;
        rows.forEach((row, r) => {
          const wanted = confidence(row, sampling, { uniform: draws[r]! });
          const got = all[0]![r]!;
          if (got.token !== wanted.token) {
            // a draw or a nucleus at the very edge of a token, by rounding
            skipped++;
            return;
          }
          compared++;
          const pairs = [
            [got.probability, wanted.probability],
            [got.margin, wanted.margin],
            [got.negEntropy, wanted.negEntropy],
          ] as const;
          for (const [a, b] of pairs) {
            assert(
              Math.abs(a - b) <= near * Math.max(1, Math.abs(b)),
              `${a} ${b}`,
            );
          }
          const listed = mostProbable(wanted.distribution, top, { barred });
          assertEquals(got.top.map(({ token }) => token), [...listed]);
        });
      },
    ),
    { seed: 3, numRuns: 600 },
  );
  assertGreater(compared, 800);
  assert(skipped < compared / 100, `${skipped} of ${compared} differ`);
});

Deno.test("predictTogether: of equal logits the lowest id wins, across shards too", async () => {
  const row = new Float32Array(8).fill(2);
  const [predictions] = await shardedPredictions([row], {
    shards: 3,
    sampling: { ...GREEDY, barred: [0, 1] },
    uniforms: new Float64Array(1),
    top: 3,
  });
  const [got] = predictions!;
  assertEquals([got!.token, got!.margin], [2, 0]);
  assertEquals(got!.top.map(({ token }) => token), [2, 3, 4]);
});
