import { assertAlmostEquals, assertEquals } from "@std/assert";
import fc from "fast-check";
import { dreamSchedule, dreamTimes, transferProbability } from "./schedule.ts";

const repeat = (count: number, value: number): number[] =>
  Array(count).fill(value);

Deno.test("dreamSchedule gives the reference's tokens per step", () => {
  const tokens = (length: number, steps: number) =>
    dreamSchedule(length, { steps, epsilon: 1e-3 }).tokensPerStep;
  assertEquals(tokens(256, 256), [0, ...repeat(254, 1), 2]);
  assertEquals(tokens(256, 128), [1, ...repeat(126, 2), 3]);
  assertEquals(tokens(256, 64), [3, ...repeat(62, 4), 5]);
  assertEquals(tokens(64, 16), [3, ...repeat(14, 4), 5]);
});

Deno.test("dreamSchedule gives the reference's probabilities for 8 steps", () => {
  const expected = [
    0.124875009,
    0.142693937,
    0.16644454,
    0.19968009,
    0.249500513,
    0.33244592,
    0.498005986,
    1,
  ];
  const { transferProbability: given } = dreamSchedule(64, {
    steps: 8,
    epsilon: 1e-3,
  });
  expected.forEach((p, i) => assertAlmostEquals(given[i]!, p, 2e-7));
});

Deno.test("dreamSchedule writes everything in the end, whatever length, steps and epsilon", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 300 }),
      fc.integer({ min: 1, max: 300 }),
      fc.constantFrom(1e-3, 1e-2, 0.5),
      (length, steps, epsilon) => {
        const { tokensPerStep } = dreamSchedule(length, { steps, epsilon });
        assertEquals(tokensPerStep.reduce((sum, n) => sum + n, 0), length);
        assertEquals(tokensPerStep.some((n) => n < 0), false);
      },
    ),
  );
});

Deno.test("dreamTimes goes from 1 down to epsilon and transferProbability ends with 1", () => {
  const times = dreamTimes({ steps: 5, epsilon: 0.01 });
  assertEquals([times[0], times.at(-1)], [1, Math.fround(0.01)]);
  assertEquals(transferProbability(times, 4), 1);
});
