import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertThrows,
} from "@std/assert";
import fc from "fast-check";
import { assertDistribution } from "./_frequencies.ts";
import { stepDraws } from "./draws.ts";
import {
  bernoulliMask,
  exactMask,
  maskProbability,
  stratifiedCounts,
  stratifiedTimes,
} from "./masks.ts";

const uniforms = (step: number) => {
  const draws = stepDraws({ seed: 5, step });
  return (index: number) => draws("mask", { sample: 0, index });
};

Deno.test("maskProbability runs from epsilon to 1", () => {
  assertEquals(maskProbability(0), 1e-3);
  assertEquals(maskProbability(1), 1);
  assertAlmostEquals(maskProbability(0.5), 0.5005, 1e-15);
  assertEquals(maskProbability(0.25, 0), 0.25);
  assertThrows(() => maskProbability(1.1), RangeError, "the time is 1.1");
  assertThrows(() => maskProbability(0, -1), RangeError, "the epsilon is -1");
});

Deno.test("stratifiedCounts follows the formula and gives each sample every count equally often", () => {
  // k = floor(.3 * 8) + 1 = 3; (k - 1 + round(i 8 / 4)) mod 8 + 1.
  assertEquals(stratifiedCounts([8, 8, 8, 8], 0.3), [3, 5, 7, 1]);
  assertEquals(stratifiedCounts([8, 8, 8, 8], 0.37), [3, 5, 7, 1]);
  const lengths = [5, 3, 1, 4];
  const tally = lengths.map((length) => new Array<number>(length).fill(0));
  const cells = 60;
  for (let i = 0; i < cells; i++) {
    stratifiedCounts(lengths, (i + 0.5) / cells).forEach((count, sample) =>
      tally[sample]![count - 1]!++
    );
  }
  assertEquals(tally, lengths.map((n) => new Array<number>(n).fill(cells / n)));
});

Deno.test("stratifiedTimes are evenly spaced on the circle", () => {
  const times = stratifiedTimes(4, 0.6);
  [0.6, 0.85, 0.1, 0.35].forEach((time, i) =>
    assertAlmostEquals(times[i]!, time, 1e-12)
  );
});

Deno.test("exactMask masks exactly as many, every set as often", () => {
  fc.assert(
    fc.property(fc.nat(30), fc.nat(30), fc.nat(1000), (a, b, step) => {
      const [count, length] = [Math.min(a, b), Math.max(a, b)];
      const mask = exactMask(length, { count, uniform: uniforms(step) });
      assertEquals(mask.length, length);
      assertEquals(mask.reduce((x, y) => x + y, 0), count);
    }),
  );
  const sets = new Map<string, number>();
  for (let step = 0; step < 6000; step++) {
    const key = exactMask(4, { count: 2, uniform: uniforms(step) }).join("");
    sets.set(key, (sets.get(key) ?? 0) + 1);
  }
  assertEquals(sets.size, 6);
  assertDistribution([...sets.values()], new Array(6).fill(1 / 6));
  assertThrows(
    () => exactMask(3, { count: 4, uniform: uniforms(0) }),
    RangeError,
    "cannot mask 4 of 3",
  );
});

Deno.test("bernoulliMask masks each place with its probability, by itself", () => {
  const patterns = [0, 0, 0, 0];
  for (let step = 0; step < 8000; step++) {
    const [a, b] = bernoulliMask(2, {
      probability: 0.3,
      uniform: uniforms(step),
    });
    patterns[2 * a! + b!]!++;
  }
  assertDistribution(patterns, [0.49, 0.21, 0.21, 0.09]);
  const always = { probability: 1, uniform: uniforms(1) };
  const never = { probability: 0, uniform: () => 0 };
  assert(bernoulliMask(50, always).every((bit) => bit === 1));
  assert(bernoulliMask(50, never).every((bit) => bit === 0));
  assertThrows(
    () => bernoulliMask(1, { probability: -0.1, uniform: () => 0 }),
    RangeError,
    "the probability of a mask is -0.1",
  );
});
