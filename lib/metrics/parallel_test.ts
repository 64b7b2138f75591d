import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertThrows,
} from "@std/assert";
import fc from "fast-check";
import { handmadeTrace } from "./_handmade.ts";
import { parallelTokens } from "./parallel.ts";
import { quantile } from "./quantile.ts";

const ids = [3, 3, 3, 3, 3, 3, 3, 3];
const traces = [
  handmadeTrace({
    ids,
    steps: [{ fills: [2] }, { fills: [3, 4], accepted: 5 }],
  }),
  handmadeTrace({ ids, steps: [{ fills: [2, 3, 4] }] }),
  handmadeTrace({ ids, steps: [{ fills: [2, 3] }, { fills: [] }] }),
  handmadeTrace({ ids, steps: [{ fills: [2, 3, 4, 5, 6, 7] }] }),
];

Deno.test("parallelTokens: mean and quartiles per step index over the samples that reach it", () => {
  assertEquals(parallelTokens(traces), [
    { step: 1, samples: 4, mean: 3, q1: 1.75, median: 2.5, q3: 3.75 },
    { step: 2, samples: 2, mean: 1, q1: 0.5, median: 1, q3: 1.5 },
  ]);
});

Deno.test("parallelTokens: accepted lookahead tokens count when asked for", () => {
  const [, second] = parallelTokens(traces, { accepted: true });
  assertEquals([second!.mean, second!.q3], [1.5, 2.25]);
  assertEquals(parallelTokens([]), []);
});

Deno.test("quantile: type 7 of Hyndman and Fan", () => {
  const values = [4, 1, 3, 2];
  assertEquals([0, 0.25, 0.5, 0.75, 1].map((q) => quantile(values, q)), [
    1,
    1.75,
    2.5,
    3.25,
    4,
  ]);
  assertEquals(quantile([7], 0.3), 7);
  assert(Number.isNaN(quantile([], 0.5)));
  assertThrows(() => quantile([1], 1.5), RangeError, "quantile 1.5");
});

Deno.test("quantile: lies within the values and grows with q", () => {
  const number = fc.double({ noNaN: true, min: -1e6, max: 1e6 });
  fc.assert(
    fc.property(fc.array(number, { minLength: 1 }), (values) => {
      const cuts = [0, 0.1, 0.5, 0.9, 1].map((q) => quantile(values, q));
      assertAlmostEquals(cuts[0]!, Math.min(...values), 1e-9);
      assertAlmostEquals(cuts[4]!, Math.max(...values), 1e-9);
      for (let i = 1; i < cuts.length; i++) assert(cuts[i]! >= cuts[i - 1]!);
    }),
    { seed: 3 },
  );
});
