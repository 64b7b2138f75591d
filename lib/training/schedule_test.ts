import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertThrows,
} from "@std/assert";
import fc from "fast-check";
import { learningRate, type RateSchedule } from "./schedule.ts";

const rates = (schedule: RateSchedule, steps: number) =>
  Array.from({ length: steps }, (_, i) => learningRate(schedule, i + 1));

function assertRates(schedule: RateSchedule, wanted: readonly number[]): void {
  rates(schedule, wanted.length).forEach((rate, i) =>
    assertAlmostEquals(rate, wanted[i]!, 1e-12, `step ${i + 1}`)
  );
}

Deno.test("learningRate rises linearly from the first step and then holds", () => {
  assertRates({ peak: 8, warmup: 4 }, [2, 4, 6, 8, 8, 8]);
  assertRates({ peak: 8 }, [8, 8, 8]);
});

Deno.test("learningRate falls to its floor in the last step and stays there", () => {
  const common = { peak: 1, warmup: 2, steps: 10, hold: 0.6, floor: 0.2 };
  assertRates({ ...common, decay: "linear" }, [
    0.5,
    1,
    1,
    1,
    1,
    1,
    0.8,
    0.6,
    0.4,
    0.2,
    0.2,
  ]);
  const quarter = 0.2 + 0.8 * (1 + Math.SQRT1_2) / 2;
  const three = 0.2 + 0.8 * (1 - Math.SQRT1_2) / 2;
  assertRates({ ...common, decay: "cosine" }, [
    0.5,
    1,
    1,
    1,
    1,
    1,
    quarter,
    0.6,
    three,
    0.2,
  ]);
});

Deno.test("learningRate stays positive and at most the peak, and never rises after the warm-up", () => {
  fc.assert(
    fc.property(
      fc.record({
        peak: fc.double({ min: 1e-6, max: 1, noNaN: true }),
        warmup: fc.nat(20),
        decay: fc.constantFrom(
          "constant" as const,
          "linear" as const,
          "cosine" as const,
        ),
        steps: fc.integer({ min: 20, max: 60 }),
        hold: fc.double({ min: 0, max: 1, noNaN: true }),
        floor: fc.double({ min: 0.01, max: 1, noNaN: true }),
      }),
      (schedule) => {
        const all = rates(schedule, schedule.steps + 3);
        assert(all.every((rate) => rate > 0 && rate <= schedule.peak));
        const after = all.slice(Math.max(0, schedule.warmup - 1));
        after.forEach((rate, i) =>
          assert(i === 0 || rate <= after[i - 1]! * (1 + 1e-12))
        );
        if (schedule.decay === "constant") {
          assertEquals(all.at(-1), schedule.peak);
        }
      },
    ),
  );
});

Deno.test("learningRate names what is out of range", () => {
  const refused = (schedule: RateSchedule, message: string, step = 1) =>
    assertThrows(() => learningRate(schedule, step), RangeError, message);
  refused({ peak: 0 }, "the peak learning rate is 0");
  refused({ peak: NaN }, "the peak learning rate is NaN");
  refused({ peak: 1, warmup: -1 }, "the warm-up of the learning rate is -1");
  refused({ peak: 1, decay: "linear" }, "number of steps of the learning rate");
  refused(
    { peak: 1, decay: "cosine", steps: 5, floor: 2 },
    "the learning rate's floor is 2",
  );
  refused(
    { peak: 1, decay: "linear", steps: 5, warmup: 6 },
    "the warm-up takes 6 of 5 steps",
  );
  refused({ peak: 1 }, "the step of the learning rate is 0", 0);
});
