import { assertAlmostEquals, assertEquals } from "@std/assert";
import fc from "fast-check";
import { timeCovered } from "./timeline.ts";

const WITHIN = { from: 10, to: 20 };

Deno.test("timeCovered: overlaps count once, what lies outside not at all", () => {
  const cases = [
    [[], 0],
    [[[0, 5], [25, 30]], 0],
    [[[0, 30]], 10],
    [[[15, 30], [8, 12]], 7],
    [[[11, 13], [12, 14], [12, 13], [14, 15]], 4],
    [[[13, 12], [16, 16]], 0],
  ] as const;
  for (const [list, wanted] of cases) {
    const stretches = list.map(([from, to]) => ({ from, to }));
    assertEquals(timeCovered(stretches, WITHIN), wanted);
  }
});

Deno.test("timeCovered: counts the hundredths that any stretch covers", () => {
  const time = fc.integer({ min: 0, max: 300 });
  fc.assert(
    fc.property(
      fc.array(fc.record({ from: time, to: time }), { maxLength: 8 }),
      (stretches) => {
        const within = { from: 50, to: 250 };
        let wanted = 0;
        for (let at = within.from; at < within.to; at++) {
          if (stretches.some(({ from, to }) => from <= at && at < to)) wanted++;
        }
        assertAlmostEquals(timeCovered(stretches, within), wanted, 1e-9);
      },
    ),
    { seed: 6 },
  );
});
