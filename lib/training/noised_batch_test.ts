import { assertEquals, assertThrows } from "@std/assert";
import { ExampleError } from "./example_error.ts";
import type { NoisedSequence } from "./noise.ts";
import { attentionLimits, noisedBatch } from "./noised_batch.ts";

const FOUR: NoisedSequence = {
  ids: Int32Array.of(5, 6, 7, 8),
  promptLength: 2,
  noisy: Int32Array.of(5, 6, 9, 8),
  masked: Uint8Array.of(0, 0, 1, 0),
  probability: Float64Array.of(0, 0, 0.5, 0.5),
};
const PLAIN = {
  attention: { kind: "full" },
  loss: { importance: "none", reduction: "sample" },
} as const;

Deno.test("noisedBatch names the row that predicts a token, with and without the shift", () => {
  const bare = noisedBatch([FOUR], { ...PLAIN, shift: false });
  assertEquals(bare, {
    sequences: [{ tokens: FOUR.noisy, limits: Int32Array.of(4, 4, 4, 4) }],
    rows: [{ sequence: 0, row: 2, target: 7, hard: 1 }],
  });
  const shifted = noisedBatch([FOUR], { ...PLAIN, shift: true });
  assertEquals(shifted.rows, [{ sequence: 0, row: 1, target: 7, hard: 1 }]);
});

Deno.test("noisedBatch splits a token's weight between teacher and truth", () => {
  const teacher = { share: 0.25, divergence: "reverse" } as const;
  const batch = noisedBatch([FOUR], {
    ...PLAIN,
    shift: false,
    attention: { kind: "block-causal", blockSize: 1 },
    teacher,
  });
  assertEquals(batch.rows, [
    { sequence: 0, row: 2, target: 7, hard: 0.75, soft: 0.25 },
  ]);
  assertEquals(batch.divergence, "reverse");
  assertEquals(batch.teacherLimits, [Int32Array.of(4, 4, 4, 4)]);
  assertEquals(batch.sequences[0]!.limits, Int32Array.of(2, 2, 3, 4));
});

Deno.test("noisedBatch leaves out sequences without a target, which still count in the mean over sequences", () => {
  const empty = { ...FOUR, noisy: FOUR.ids, masked: new Uint8Array(4) };
  const batch = noisedBatch([empty, FOUR], {
    ...PLAIN,
    shift: false,
    certainty: { weight: 3, temperature: 0.5 },
  });
  assertEquals(batch.sequences.length, 1);
  assertEquals(batch.rows, [
    { sequence: 0, row: 2, target: 7, hard: 0.5, group: 0 },
  ]);
  assertEquals(batch.certainty, { temperature: 0.5, weights: [1.5] });
});

Deno.test("attentionLimits are those of the specification's block-causal masks", () => {
  const limits = (length: number, promptLength: number) => [
    ...attentionLimits({ ids: new Int32Array(length), promptLength }, {
      kind: "block-causal",
      blockSize: 4,
    }),
  ];
  assertEquals(limits(10, 2), [2, 2, 6, 6, 6, 6, 10, 10, 10, 10]);
  assertEquals(limits(9, 3), [3, 3, 3, 7, 7, 7, 7, 9, 9]);
  assertEquals(
    [
      ...attentionLimits({ ids: new Int32Array(3), promptLength: 1 }, {
        kind: "causal",
      }),
    ],
    [1, 2, 3],
  );
});

Deno.test("noisedBatch refuses sequences that contradict themselves", () => {
  const options = { ...PLAIN, shift: false };
  const refused = (change: Partial<NoisedSequence>, message: string) => {
    const error = assertThrows(
      () => noisedBatch([FOUR, { ...FOUR, ...change }], options),
      ExampleError,
      message,
    );
    assertEquals(error.index, 1);
  };
  refused({ masked: new Uint8Array(3) }, '"masked" has 3 entries for 4 tokens');
  refused({ promptLength: 4 }, "the prompt takes 4 of 4 positions");
  refused({ promptLength: 0 }, "the prompt takes 0 of 4 positions");
  refused({ probability: new Float64Array(4) }, "masked with probability 0");
  refused(
    { probability: Float64Array.of(0, 0, 1.5, 0) },
    "masked with probability 1.5",
  );
  refused({ tokenWeights: new Float64Array(4).fill(-1) }, "weighs -1");
  assertThrows(
    () =>
      noisedBatch(
        [{
          ...FOUR,
          masked: Uint8Array.of(1, 0, 0, 0),
          probability: new Float64Array(4).fill(0.5),
        }],
        { ...PLAIN, shift: true },
      ),
    ExampleError,
    "no row predicts it",
  );
});

Deno.test("noisedBatch refuses a batch in which nothing counts, instead of a loss that is not a number", () => {
  const options = { ...PLAIN, shift: false };
  const silent = { ...FOUR, masked: new Uint8Array(4) };
  assertThrows(
    () => noisedBatch([silent], options),
    ExampleError,
    "no token of the batch is masked",
  );
  assertThrows(() => noisedBatch([], options), ExampleError, "no token");
  assertThrows(
    () =>
      noisedBatch([{ ...FOUR, tokenWeights: new Float64Array(4) }], options),
    ExampleError,
    "every masked token weighs 0",
  );
});
