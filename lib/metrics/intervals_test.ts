import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertThrows,
} from "@std/assert";
import {
  bootstrap,
  bootstrapRatio,
  bootstrapStatistics,
  bootstrapSums,
} from "./bootstrap.ts";
import { normalQuantile } from "./interval.ts";
import {
  deviation,
  meanInterval,
  studentQuantile,
  sumValues,
} from "./mean_interval.ts";
import { mcnemar, wilson } from "./proportions.ts";

Deno.test("normalQuantile: tabled values", () => {
  const table: [number, number][] = [
    [0.5, 0],
    [0.975, 1.959963984540054],
    [0.995, 2.5758293035489004],
    [1e-9, -5.997807015007686],
    [1e-12, -7.034483825301131],
  ];
  for (const [p, z] of table) assertAlmostEquals(normalQuantile(p), z, 1e-8);
});

Deno.test("wilson: the examples of Newcombe (1998)", () => {
  const examples: [number, number, number, number][] = [
    [81, 263, 0.2553, 0.3662],
    [15, 148, 0.0624, 0.1605],
    [0, 20, 0, 0.1611],
    [1, 29, 0.0061, 0.1718],
  ];
  for (const [successes, trials, low, high] of examples) {
    const interval = wilson(successes, { trials });
    assertAlmostEquals(interval.low, low, 5e-5);
    assertAlmostEquals(interval.high, high, 5e-5);
  }
  assertEquals(wilson(20, { trials: 20 }).high, 1);
  assertThrows(() => wilson(3, { trials: 2 }), RangeError, "3 successes");
  assertThrows(() => wilson(0, { trials: 0 }), RangeError, "0 trials");
});

function outcomes(
  both: number,
  first: number,
  second: number,
  neither: number,
): [boolean, boolean][] {
  return [
    ...Array<[boolean, boolean]>(both).fill([true, true]),
    ...Array<[boolean, boolean]>(first).fill([true, false]),
    ...Array<[boolean, boolean]>(second).fill([false, true]),
    ...Array<[boolean, boolean]>(neither).fill([false, false]),
  ];
}

Deno.test("mcnemar: the examples of Newcombe (1998), method 10", () => {
  const a = mcnemar(outcomes(36, 12, 2, 0));
  assertAlmostEquals(a.low, 0.0569, 5e-5);
  assertAlmostEquals(a.high, 0.3404, 5e-5);
  const b = mcnemar(outcomes(20, 12, 2, 16));
  assertAlmostEquals(b.low, 0.0562, 5e-5);
  assertAlmostEquals(b.high, 0.3292, 5e-5);
  assertAlmostEquals(b.difference, 0.2, 1e-12);
});

Deno.test("mcnemar: exact p-values, swapping the methods mirrors the result", () => {
  assertAlmostEquals(mcnemar(outcomes(0, 5, 0, 1)).p, 2 / 32, 1e-12);
  assertAlmostEquals(mcnemar(outcomes(9, 2, 8, 1)).p, 2 * 56 / 1024, 1e-12);
  assertEquals(mcnemar(outcomes(4, 3, 3, 2)).p, 1);
  assertAlmostEquals(mcnemar(outcomes(0, 2000, 1900, 5)).p, 0.113, 1e-3);
  const one = mcnemar(outcomes(30, 9, 4, 7));
  const other = mcnemar(outcomes(30, 4, 9, 7));
  assertAlmostEquals(one.low, -other.high, 1e-12);
  assertAlmostEquals(one.high, -other.low, 1e-12);
  assertEquals(one.p, other.p);
  assertThrows(() => mcnemar([]), RangeError, "no items");
});

Deno.test("bootstrap: seeded, ordered, and holding the statistic of like samples", () => {
  const samples = Array.from({ length: 40 }, (_, i) => i % 7);
  const statistic = (values: readonly number[]) =>
    values.reduce((a, b) => a + b, 0) / values.length;
  const one = bootstrap(samples, { seed: 5, statistic });
  assertEquals(one, bootstrap(samples, { seed: 5, statistic }));
  assert(one.low < statistic(samples) && statistic(samples) < one.high);
  const other = bootstrap(samples, { seed: 6, statistic });
  assert(one.low !== other.low || one.high !== other.high);
  const wide = bootstrap(samples, { seed: 5, statistic, confidence: 0.99 });
  assert(wide.low <= one.low && one.high <= wide.high);
});

Deno.test("bootstrap: the interval of a mean is as wide as theory says", () => {
  const samples = Array.from({ length: 400 }, (_, i) => i % 2);
  const statistic = (values: readonly number[]) =>
    values.reduce((a, b) => a + b, 0) / values.length;
  const { low, high } = bootstrap(samples, { seed: 1, statistic });
  assertAlmostEquals(high - low, 2 * 1.96 * 0.5 / 20, 0.01);
});

Deno.test("bootstrapRatio: a constant ratio has no width, pairing removes common noise", () => {
  const constant = [[2, 1], [8, 4], [6, 3]] as const;
  assertEquals(bootstrapRatio(constant, { seed: 2 }), { low: 2, high: 2 });
  const pairs = Array.from({ length: 50 }, (_, i) => [i + 1, i] as const);
  const difference = bootstrap(pairs, {
    seed: 3,
    statistic: (drawn) =>
      drawn.reduce((sum, [a, b]) => sum + a - b, 0) / drawn.length,
  });
  assertEquals(difference, { low: 1, high: 1 });
});

Deno.test("bootstrapSums: the interval that bootstrap gives of the same statistic", () => {
  const samples = Array.from(
    { length: 37 },
    (_, i) => [i % 7 + 1, i % 5 + 1, (i * i) % 11] as const,
  );
  const statistic = ([a, b, c]: ArrayLike<number> & Iterable<number>) =>
    a! / b! - c! / 100;
  assertEquals(
    bootstrapSums(samples, { seed: 5, statistic }),
    bootstrap(samples, {
      seed: 5,
      statistic: (drawn) =>
        statistic(
          drawn.reduce<number[]>(
            (sums, row) => sums.map((sum, i) => sum + row[i]!),
            [0, 0, 0],
          ),
        ),
    }),
  );
  assertEquals(bootstrapSums([], { seed: 1, statistic: () => NaN }).low, NaN);
});

Deno.test("studentQuantile: tabled values, towards the normal distribution's", () => {
  const table: [number, number, number][] = [
    [0.975, 1, 12.7062],
    [0.975, 2, 4.30265],
    [0.975, 3, 3.18245],
    [0.975, 5, 2.57058],
    [0.95, 10, 1.81246],
    [0.975, 30, 2.04227],
    [0.995, 7, 3.49948],
  ];
  for (const [p, freedom, t] of table) {
    assertAlmostEquals(studentQuantile(p, freedom), t, 5e-5);
  }
  assertAlmostEquals(studentQuantile(0.975, 5000), normalQuantile(0.975), 1e-3);
  assertAlmostEquals(studentQuantile(0.5, 4), 0, 1e-9);
});

Deno.test("meanInterval by hand; too few values have none", () => {
  const sums = sumValues([1, 2, 3]);
  assertEquals(deviation(sums), 1);
  const { low, high } = meanInterval(sums)!;
  assertAlmostEquals(low, 2 - 4.30265 / Math.sqrt(3), 5e-5);
  assertAlmostEquals(high, 2 + 4.30265 / Math.sqrt(3), 5e-5);
  assertEquals(meanInterval(sumValues([7])), null);
  assertEquals(meanInterval(sumValues([0.5, 0.5, 0.5])), {
    ...{ low: 0.5, high: 0.5 },
  });
});

Deno.test("bootstrapStatistics gives each statistic the interval that it has alone", () => {
  const samples = Array.from({ length: 9 }, (_, i) => [i, 10 - i, 1]);
  const ratio = (sums: Float64Array) => sums[0]! / sums[1]!;
  const mean = (sums: Float64Array) => sums[0]! / sums[2]!;
  const both = bootstrapStatistics(samples, {
    ...{ seed: 3, statistics: { ratio, mean } },
  });
  for (const [name, statistic] of Object.entries({ ratio, mean })) {
    assertEquals(
      both[name as "ratio" | "mean"],
      bootstrapSums(samples, { seed: 3, statistic }),
    );
  }
  assertEquals(
    both.mean,
    bootstrapRatio(samples.map(([a]) => [a!, 1]), { seed: 3 }),
  );
});
