import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { LOAD, PLACE } from "./_setting.ts";
import { calibrate, type Constants, type Observation } from "./calibrate.ts";
import { solveSymmetric } from "./linear.ts";
import { publishedRate, steadyRate, timedRounds } from "./published_rate.ts";
import { roundTime, totalSeconds } from "./round_time.ts";

const GROUPS = [1, 2, 4, 8];

function rate(
  { fixed, bandwidth, tokens }: Constants,
  branchParallel: number,
  answer = tokens!,
): number {
  const seconds = totalSeconds(
    roundTime({ ...LOAD, branches: branchParallel }, {
      ...PLACE,
      mesh: { branchParallel, tensorParallel: 1 },
      stack: {
        fixedSeconds: fixed!,
        exchange: { of: "logits", bytesPerSecond: bandwidth! },
        protocol: "two-phase",
      },
    }),
  );
  return publishedRate({ tpf: 6, tokens: answer }, seconds);
}

function observe(truth: Constants, noise = 0): Observation[] {
  return GROUPS.flatMap((groups, i) => [
    {
      name: `BP ${groups}, long`,
      observed: rate(truth, groups, 512) * Math.exp(i % 2 ? noise : -noise),
      predict: (c: Constants) => rate(c, groups, 512),
    },
    {
      name: `BP ${groups}, short`,
      observed: rate(truth, groups),
      predict: (c: Constants) => rate(c, groups),
    },
  ]);
}

const START = { fixed: 0.005, bandwidth: 5e10, tokens: 200 };

Deno.test("calibrate() recovers the constants that made synthetic rates", () => {
  fc.assert(
    fc.property(
      fc.double({ min: 0.002, max: 0.05, noNaN: true }),
      fc.double({ min: 5e9, max: 1e11, noNaN: true }),
      fc.double({ min: 40, max: 400, noNaN: true }),
      (fixed, bandwidth, tokens) => {
        const truth = { fixed, bandwidth, tokens };
        const { constants, residuals } = calibrate(observe(truth), START);
        for (const name of ["fixed", "bandwidth", "tokens"] as const) {
          assertAlmostEquals(constants[name]! / truth[name], 1, 1e-3, name);
        }
        for (const residual of residuals) assertAlmostEquals(residual, 0, 1e-4);
      },
    ),
    { numRuns: 40 },
  );
});

Deno.test("calibrate() states larger errors for noisier observations", () => {
  const truth = { fixed: 0.01, bandwidth: 2e10, tokens: 90 };
  const clean = calibrate(observe(truth), START).relativeErrors;
  const noisy = calibrate(observe(truth, 0.05), START).relativeErrors;
  for (const name of Object.keys(truth)) {
    assertAlmostEquals(clean[name]!, 0, 1e-4);
    assertEquals(noisy[name]! > 10 * clean[name]!, true, name);
  }
});

Deno.test("calibrate() refuses too few observations and starts that are not positive", () => {
  const truth = { fixed: 0.01, bandwidth: 2e10, tokens: 90 };
  assertThrows(
    () => calibrate(observe(truth).slice(0, 2), START),
    RangeError,
    "Cannot fit 3 constants to 2 observations",
  );
  assertThrows(
    () => calibrate(observe(truth), { ...START, tokens: 0 }),
    RangeError,
    "Cannot start with tokens = 0",
  );
});

Deno.test("calibrate() says which constants are not determined: two of which only the sum counts, one that moves nothing", () => {
  const numbers = [2.9, 3, 3.1, 3];
  const sum = calibrate(
    numbers.map((observed, i) => ({
      name: `${i}`,
      observed,
      predict: ({ x, y }) => x! + y!,
    })),
    { x: 1, y: 1 },
  );
  assertEquals(sum.relativeErrors, { x: Infinity, y: Infinity });
  assertAlmostEquals(sum.constants.x! + sum.constants.y!, 3, 0.01);
  const idle = calibrate(
    numbers.map((observed, i) => ({
      name: `${i}`,
      observed,
      predict: ({ x }) => x!,
    })),
    { x: 1, idle: 5 },
  );
  assertEquals(idle.relativeErrors.idle, Infinity);
  assertEquals(
    idle.relativeErrors.x! < 0.03 && idle.relativeErrors.x! > 0,
    true,
  );
});

Deno.test("solveSymmetric() solves a system that needs a row exchange", () => {
  const x = solveSymmetric([[0, 2], [2, 1]], [4, 5]);
  assertEquals(x, [1.5, 2]);
});

Deno.test("published rates leave out round 1's time and count one closing step", () => {
  const sample = { tpf: 16, tokens: 512 };
  assertEquals(timedRounds(sample), 30);
  assertAlmostEquals(publishedRate(sample, 0.02), 512 / (30 * 0.02), 1e-9);
  assertAlmostEquals(steadyRate(sample, 0.02), 800, 1e-9);
  assertAlmostEquals(
    publishedRate({ tpf: 16, tokens: 1e9 }, 0.02),
    800,
    1e-3,
  );
  assertThrows(
    () => timedRounds({ tpf: 16, tokens: 32 }),
    RangeError,
    "want more than 32 tokens",
  );
});
