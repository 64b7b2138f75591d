import {
  assertAlmostEquals,
  assertEquals,
  assertGreater,
  assertGreaterOrEqual,
  assertLess,
  assertThrows,
} from "@std/assert";
import fc from "fast-check";
import { DEVICE, LOAD, PLACE, SHAPE } from "./_setting.ts";
import { cacheBytes, layerWeights, weightBytes } from "./accelerator.ts";
import {
  allGatherSeconds,
  allReduceSeconds,
  broadcastSeconds,
} from "./collectives.ts";
import { forwardTime } from "./forward_time.ts";
import {
  meanRound,
  PHASES,
  type RoundLoad,
  type RoundPlace,
  roundTime,
  totalSeconds,
} from "./round_time.ts";

const PLAIN = { ...PLACE, tensorParallel: 1 };

const load = fc.record<RoundLoad>({
  branches: fc.integer({ min: 1, max: 16 }),
  rows: fc.integer({ min: 1, max: 512 }),
  keys: fc.integer({ min: 1, max: 4096 }),
  commits: fc.double({ min: 0, max: 1, noNaN: true }),
  committedRows: fc.integer({ min: 0, max: 64 }),
});

const place = fc.record({
  branchParallel: fc.constantFrom(1, 2, 4, 8, 16),
  tensorParallel: fc.constantFrom(1, 2, 4, 8),
  precision: fc.constantFrom("bf16" as const, "w8a8" as const),
  logits: fc.boolean(),
  protocol: fc.constantFrom("two-phase" as const, "single-phase" as const),
}).map(({ branchParallel, tensorParallel, logits, protocol, precision }) =>
  ({
    ...PLACE,
    precision,
    mesh: { branchParallel, tensorParallel },
    stack: {
      fixedSeconds: 0.002,
      exchange: logits
        ? { of: "logits", bytesPerSecond: 1e10 }
        : { of: "choices" },
      protocol,
    },
  }) as RoundPlace
);

Deno.test("weights of Dream-7B: 6.5 billion in the layers, 0.5 in the head, 57,344 bytes of cache per position", () => {
  assertEquals(layerWeights(SHAPE), 3584 * 8192 + 3 * 3584 * 18944);
  assertEquals(
    weightBytes(SHAPE, "bf16"),
    2 * (28 * layerWeights(SHAPE) + 152064 * 3584),
  );
  assertEquals(weightBytes(SHAPE, "w8a8") * 2, weightBytes(SHAPE, "bf16"));
  assertAlmostEquals(weightBytes(SHAPE, "bf16") / 1e9, 14.14, 0.01);
  assertEquals(cacheBytes(SHAPE), 57_344);
});

Deno.test("a forward of few rows takes the time of reading the weights, one of many that of the arithmetic", () => {
  const few = forwardTime({ rows: 1, keys: 1 }, PLAIN);
  assertEquals(few.bound, "memory");
  assertAlmostEquals(
    few.layers + few.head,
    (weightBytes(SHAPE, "bf16") + cacheBytes(SHAPE)) / 1e12,
    1e-9,
  );
  const many = forwardTime({ rows: 100_000, keys: 1 }, PLAIN);
  assertEquals(many.bound, "arithmetic");
  const flops = 2e5 * (28 * layerWeights(SHAPE) + 152064 * 3584) +
    4e5 * 28 * 3584;
  assertAlmostEquals(many.layers + many.head, flops / 1e15, 1e-9);
  assertThrows(
    () => forwardTime({ rows: 0, keys: 1 }, PLAIN),
    RangeError,
    "0 rows",
  );
});

Deno.test("collectives follow the alpha-beta model and cost nothing on one rank", () => {
  const link = { linkLatency: 1e-5, linkBandwidth: 1e9 };
  const bytes = 1e6;
  for (
    const time of [allReduceSeconds, allGatherSeconds, broadcastSeconds]
  ) {
    assertEquals(time(link, { ranks: 1, bytes }), 0);
    assertEquals(time(link, { ranks: 8, bytes: 0 }), 1e-5);
    assertThrows(() => time(link, { ranks: 0, bytes }), RangeError, "0 ranks");
  }
  assertAlmostEquals(
    allReduceSeconds(link, { ranks: 4, bytes }),
    1e-5 + 1.5e-3,
    1e-12,
  );
  assertAlmostEquals(
    allGatherSeconds(link, { ranks: 4, bytes }),
    1e-5 + 3e-3,
    1e-12,
  );
  assertAlmostEquals(
    broadcastSeconds(link, { ranks: 4, bytes }),
    1e-5 + 1e-3,
    1e-12,
  );
});

Deno.test("a round's phases are finite, not negative, and grow with rows, keys and branches", () => {
  fc.assert(fc.property(load, place, (load, place) => {
    const time = roundTime(load, place);
    for (const phase of PHASES) {
      assertGreaterOrEqual(time[phase], 0, phase);
      assertLess(time[phase], 1e3, phase);
    }
    for (const more of ["rows", "keys", "branches", "committedRows"] as const) {
      const larger = roundTime({ ...load, [more]: load[more] + 1 }, place);
      for (const phase of PHASES) {
        assertGreaterOrEqual(larger[phase], time[phase], `${more} ${phase}`);
      }
    }
  }));
});

Deno.test("no tensor parallel sums at TP = 1, no exchange and commit at BP = 1, no commit under single-phase", () => {
  fc.assert(fc.property(load, place, (load, place) => {
    const at = (mesh: Partial<RoundPlace["mesh"]>) =>
      roundTime(load, { ...place, mesh: { ...place.mesh, ...mesh } });
    assertEquals(at({ tensorParallel: 1 }).tensorParallel, 0);
    assertGreater(at({ tensorParallel: 2 }).tensorParallel, 0);
    const alone = at({ branchParallel: 1 });
    assertEquals([alone.exchange, alone.commit], [0, 0]);
    const { stack } = place;
    assertEquals(
      roundTime(load, {
        ...place,
        stack: { ...stack, protocol: "single-phase" },
      }).commit,
      0,
    );
  }));
});

Deno.test("seconds scale as seconds: everything twice as fast halves every phase", () => {
  fc.assert(fc.property(load, place, (load, place) => {
    const { device, stack } = place;
    const fast: RoundPlace = {
      ...place,
      device: {
        ...device,
        memoryBandwidth: 2 * device.memoryBandwidth,
        peak: { bf16: 2 * device.peak.bf16, w8a8: 2 * device.peak.w8a8 },
        linkBandwidth: 2 * device.linkBandwidth,
        linkLatency: device.linkLatency / 2,
      },
      stack: {
        ...stack,
        fixedSeconds: stack.fixedSeconds / 2,
        exchange: stack.exchange.of === "choices"
          ? stack.exchange
          : { of: "logits", bytesPerSecond: 2e10 },
      },
    };
    const slow = roundTime(load, place), quick = roundTime(load, fast);
    for (const phase of PHASES) {
      assertAlmostEquals(quick[phase], slow[phase] / 2, 1e-12, phase);
    }
  }));
});

Deno.test("logits of 64 rows among 8 ranks are 136 MB over each link", () => {
  const { exchange } = roundTime(LOAD, PLACE);
  assertAlmostEquals(
    exchange,
    DEVICE.linkLatency + 7 * 64 * 152064 * 2 / 1e10,
    1e-12,
  );
});

Deno.test("ranks with two branches each send the logits of both", () => {
  const mesh = { branchParallel: 4, tensorParallel: 1 };
  assertAlmostEquals(
    roundTime(LOAD, { ...PLACE, mesh }).exchange,
    DEVICE.linkLatency + 3 * 2 * 64 * 152064 * 2 / 1e10,
    1e-12,
  );
});

Deno.test("branches beyond the groups take turns in one pass: twice the rows, not twice the weights", () => {
  const one = roundTime(LOAD, PLACE);
  const two = roundTime(
    LOAD,
    { ...PLACE, mesh: { branchParallel: 4, tensorParallel: 1 } },
  );
  assertEquals(
    two.compute,
    roundTime({ ...LOAD, branches: 4, rows: 128 }, {
      ...PLACE,
      mesh: { branchParallel: 4, tensorParallel: 1 },
    }).compute,
  );
  assertLess(two.compute, 1.5 * one.compute);
});

Deno.test("meanRound() weighs rounds, and phases add up", () => {
  const short = roundTime({ ...LOAD, rows: 32 }, PLACE);
  const long = roundTime({ ...LOAD, rows: 96 }, PLACE);
  const mean = meanRound([
    { time: short, weight: 3 },
    { time: long, weight: 1 },
  ]);
  assertAlmostEquals(
    totalSeconds(mean),
    (3 * totalSeconds(short) + totalSeconds(long)) / 4,
    1e-12,
  );
});
