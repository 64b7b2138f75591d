import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertThrows,
} from "@std/assert";
import fc from "fast-check";
import { assertDistribution, assertMean } from "./_frequencies.ts";
import type { Example } from "./canvas.ts";
import {
  certaintyForcing,
  type CertaintyForcingOptions,
  certaintyNoise,
} from "./certainty_forcing.ts";
import { type ObjectiveModel, stepCanvases } from "./objective.ts";

const model: ObjectiveModel = { maskId: 50, eosId: 9, shift: false };
const EXAMPLES: Example[] = [
  { prompt: [1, 2, 3], answer: [4, 5, 6, 7, 8, 3, 9] },
  { prompt: [1, 2], answer: [4, 9] },
  { prompt: [1], answer: [6, 7, 8, 2, 9] },
];
const context = (step: number) => ({ seed: 6, step, model });

const noiseOf = (step: number, blockSize: number | null) =>
  certaintyNoise(stepCanvases(EXAMPLES, context(step)), context(step), {
    blockSize,
  });

Deno.test("each row of a batch has its own active block, split in two by the copies, masks after it and the truth before", () => {
  fc.assert(
    fc.property(
      fc.nat(1000),
      fc.constantFrom(2, 3, null),
      (step, blockSize) => {
        const [masked, complement] = noiseOf(step, blockSize);
        masked.forEach((one, i) => {
          const two = complement[i]!;
          const active = [...one.probability.keys()].filter((at) =>
            one.probability[at]! > 0
          );
          const start = active[0] ?? one.ids.length;
          const end = (active.at(-1) ?? start - 1) + 1;
          const size = blockSize ?? one.ids.length;
          assertEquals(end - start, active.length);
          assert(start >= one.promptLength);
          if (blockSize !== null) {
            assertEquals(
              active.length === 0 ? 0 : (start - one.promptLength) % size,
              0,
            );
            assert(active.length === size || end === one.ids.length);
          }
          one.ids.forEach((id, at) => {
            if (at < start) {
              assertEquals([one.noisy[at], two.noisy[at]], [id, id]);
            } else if (at < end) {
              assertEquals(one.masked[at]! + two.masked[at]!, 1);
            } else {
              assertEquals([one.noisy[at], two.noisy[at]], [50, 50]);
              assertEquals([one.masked[at], two.masked[at]], [0, 0]);
            }
          });
        });
      },
    ),
  );
});

Deno.test("the active block is uniform over the whole blocks and the tail, in every row of a batch", () => {
  // Answers of 7, 2 and 5 tokens in blocks of 3: tails of 1, 2 and 2.
  const tally = [[0, 0, 0], [0], [0, 0]];
  const shares: number[] = [];
  for (let step = 0; step < 3000; step++) {
    const [masked] = noiseOf(step, 3);
    masked.forEach(({ probability, promptLength, masked }, i) => {
      const start = probability.findIndex((p) => p > 0);
      tally[i]![(start - promptLength) / 3]!++;
      if (i === 0) shares.push(masked[start]!);
    });
  }
  assertDistribution(tally[0]!, [1 / 3, 1 / 3, 1 / 3]);
  assertDistribution(tally[2]!, [1 / 2, 1 / 2]);
  assertEquals(tally[1], [3000]);
  assertMean(shares, 0.5005, "share of masks");
});

Deno.test("an answer of whole blocks has an empty tail as often as any block, as the reference", () => {
  const four = { prompt: [1], answer: [2, 3, 4, 9] };
  const counts = [0, 0, 0];
  for (let step = 0; step < 3000; step++) {
    const laid = stepCanvases([four, EXAMPLES[1]!], context(step));
    const [[first]] = certaintyNoise(laid, context(step), { blockSize: 2 });
    const start = first!.probability.findIndex((p) => p > 0);
    counts[start < 0 ? 2 : (start - 1) / 2]!++;
  }
  // The second answer is one block and a tail: drawn again where both tails are empty, 1 case of 6.
  assertDistribution(counts, [2 / 5, 2 / 5, 1 / 5]);
});

Deno.test("certaintyForcing sums the copies' means per sample, and the certainty terms with weight beta", () => {
  const batch = certaintyForcing(EXAMPLES, context(2), {
    blockSize: null,
    weight: 2,
  });
  const perGroup = new Map<number, number>();
  for (const { group, hard } of batch.rows) {
    perGroup.set(group!, (perGroup.get(group!) ?? 0) + hard);
  }
  assertEquals(perGroup.size, batch.sequences.length);
  for (const sum of perGroup.values()) assertAlmostEquals(sum, 1 / 3, 1e-12);
  assertEquals(batch.certainty!.temperature, 0.5);
  assert(batch.certainty!.weights.every((weight) => weight === 2 / 3));
  assert(
    batch.sequences.every(({ tokens, limits }) =>
      limits.every((limit) => limit === tokens.length)
    ),
  );
});

Deno.test("certaintyForcing over the batch has one group per copy", () => {
  const batch = certaintyForcing(EXAMPLES, context(2), {
    blockSize: null,
    reduction: "batch",
    weight: 1,
  });
  const sums = [0, 0];
  for (const { group, hard } of batch.rows) sums[group!]! += hard;
  sums.forEach((sum) => assertAlmostEquals(sum, 1, 1e-12));
  assertEquals(batch.certainty!.weights, [1, 1]);
});

Deno.test("without a weight there is no certainty term", () => {
  const batch = certaintyForcing(EXAMPLES, context(2), { weight: 0 });
  assertEquals(batch.certainty, undefined);
  assert(batch.rows.every(({ group }) => group === undefined));
});

Deno.test("certaintyForcing never fails on short blocks, whose complements may be empty", () => {
  for (let step = 0; step < 200; step++) {
    const batch = certaintyForcing([EXAMPLES[1]!], context(step), {
      blockSize: 1,
    });
    assert(batch.rows.length === 1 && Number.isFinite(batch.rows[0]!.hard));
  }
});

Deno.test("certaintyForcing names options out of range", () => {
  const refused = (given: CertaintyForcingOptions, message: string) =>
    assertThrows(
      () => certaintyForcing(EXAMPLES, context(0), given),
      RangeError,
      message,
    );
  refused({ blockSize: 0 }, "the block size is 0");
  refused(
    { probability: 1.5 },
    "the probability of a mask in the active block is 1.5",
  );
  refused({ consistency: 0, weight: 0 }, "weighs 0 and the entropy 0");
  refused({ consistency: -1 }, "weighs -1");
});
