import { assert, assertEquals, assertLess, assertThrows } from "@std/assert";
import { DecodeError } from "./errors.ts";
import { counterUniforms } from "./random.ts";
import {
  type PickedCandidate,
  pickEntropy,
  pickFactor,
  pickQuota,
  pickSampled,
  pickThreshold,
  rank,
} from "./selection.ts";

const indices = (picks: readonly PickedCandidate[]): number[] =>
  picks.map(({ index }) => index);

Deno.test("rank orders by descending score and equal scores by position", () => {
  assertEquals(rank([0.2, 0.9, 0.2, 0.9, 0.5]), [1, 3, 4, 0, 2]);
});

Deno.test("rank refuses NaN", () => {
  assertThrows(() => rank([0.5, NaN]), DecodeError, "candidate 1 is NaN");
});

Deno.test("pickQuota takes the best, and everything when there are fewer", () => {
  assertEquals(indices(pickQuota([0.1, 0.3, 0.2], 2)), [1, 2]);
  assertEquals(indices(pickQuota([0.1, 0.3, 0.2], 9)), [1, 2, 0]);
  assertEquals(pickQuota([0.1], 0), []);
});

Deno.test("pickThreshold at 0.9 gives the counts of Fast-dLLM", () => {
  for (
    const [scores, count] of [
      [[0.95, 0.9, 0.89], 2],
      [[0.3, 0.2], 1],
      [[0.9], 1],
    ] as const
  ) {
    assertEquals(
      pickThreshold(Float32Array.from(scores), 0.9).length,
      count,
      `${scores}`,
    );
  }
});

Deno.test("pickThreshold forces the first of equal candidates", () => {
  assertEquals(indices(pickThreshold([0.1, 0.4, 0.4], 0.9)), [1]);
  assertEquals(indices(pickEntropy([0.9, 0.4, 0.4], 0.1, { strict: true })), [
    1,
  ]);
});

Deno.test("pickThreshold says which candidate passed and which was forced", () => {
  assertEquals(pickThreshold([0.1, 0.4], 0.9), [
    { index: 1, score: 0.4, kind: "forced" },
  ]);
  assertEquals(pickThreshold([0.1, 0.95], 0.9), [
    { index: 1, score: 0.95, kind: "threshold" },
  ]);
  assertEquals(pickThreshold([], 0.9), []);
});

Deno.test("pickFactor with f = 1 gives the counts of the reference", () => {
  const options = { factor: 1, variant: "reference" } as const;
  for (
    const [scores, count] of [
      [[0.2], 1],
      [[0.99, 0.9], 2],
      [[0.99, 0.1], 2],
      [[0.99, 0.98, 0.97, 0.5], 4],
      [[0.6, 0.5, 0.4, 0.3], 1],
      [[0.99, 0.9, 0.5, 0.4, 0.3], 2],
    ] as const
  ) {
    assertEquals(pickFactor(scores, options).length, count, `${scores}`);
  }
});

Deno.test("pickFactor as intended leaves out the candidate that fails", () => {
  const options = { factor: 1, variant: "intended" } as const;
  assertEquals(pickFactor([0.99, 0.1], options).length, 1);
  assertEquals(pickFactor([0.99, 0.98, 0.97, 0.5], options).length, 3);
  assertEquals(pickFactor([0.2], options).length, 1);
});

Deno.test("pickFactor bars are 1 - f / (n + 1) from the second candidate on", () => {
  const bars = [2 / 3, 0.75, 0.8, 5 / 6];
  const options = { factor: 1, variant: "intended" } as const;
  bars.forEach((bar, i) => {
    const sure = Array.from({ length: i + 1 }, () => 0.999);
    const above = pickFactor([...sure, bar + 1e-6], options);
    const below = pickFactor([...sure, bar - 1e-6], options);
    assertEquals([above.length, below.length], [i + 2, i + 1], `bar ${bar}`);
  });
});

Deno.test("pickEntropy takes the lowest always and an equal one only when not strict", () => {
  const entropies = Float32Array.of(0.7, 0.5, 0.1);
  const threshold = 0.5;
  assertEquals(
    indices(pickEntropy(entropies, threshold, { strict: false })),
    [1, 2],
  );
  assertEquals(
    indices(pickEntropy(entropies, threshold, { strict: true })),
    [2],
  );
  assertEquals(pickEntropy([0.7, 0.6], threshold, { strict: true }), [
    { index: 1, score: 0.6, kind: "forced" },
  ]);
});

Deno.test("pickSampled draws pairs with the probabilities of drawing without replacement (chi-square)", () => {
  const scores = [0.2, 1, -0.5];
  const temperature = 0.7;
  const weights = scores.map((score) => Math.exp(score / temperature));
  const total = weights.reduce((sum, weight) => sum + weight);
  const source = counterUniforms(11);
  const draws = 20_000;
  const counts = new Map<string, number>();
  for (let round = 0; round < draws; round++) {
    const uniforms = scores.map((_, position) =>
      source({ round, branch: 0, position, purpose: "confidence" })
    );
    const pair = indices(pickSampled(scores, 2, { temperature, uniforms }));
    counts.set(`${pair}`, (counts.get(`${pair}`) ?? 0) + 1);
  }
  let chiSquare = 0;
  for (let a = 0; a < 3; a++) {
    for (let b = 0; b < 3; b++) {
      if (a === b) continue;
      const p = weights[a]! / total * weights[b]! / (total - weights[a]!);
      const expected = draws * p;
      chiSquare += ((counts.get(`${a},${b}`) ?? 0) - expected) ** 2 / expected;
    }
  }
  assert(counts.size === 6);
  // 5 degrees of freedom: 20.5 is the 0.999 quantile.
  assertLess(chiSquare, 20.5);
});
