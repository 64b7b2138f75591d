import { assert, assertEquals, assertLess, assertRejects } from "@std/assert";
import {
  type GradCase,
  gradCase,
  LIMITS,
  nativeGrad,
  segmentTable,
  selfSegments,
  UNTOUCHED,
} from "./_attention_grad_case.ts";
import {
  isas,
  library,
  maxDifference,
  nativeTest,
  onEveryIsa,
  runOnce,
} from "./_fixture.ts";
import {
  attentionBackward,
  type AttentionCase,
  attentionForward,
  centralDifferences,
  inner,
  type OwnKeys,
} from "./_gradient_oracle.ts";
import { Device } from "./device.ts";
import { EngineError } from "./errors.ts";
import type { AttentionSegment } from "./parameters.ts";

const NAMES = ["dq", "dkeys", "dvalues"] as const;

async function assertRight(device: Device, given: GradCase, what: string) {
  const got = await nativeGrad(device, given);
  const expected = attentionBackward(given, given.dout);
  for (const name of NAMES) {
    const scale = expected[name].reduce(
      (most, x) => Math.max(most, Math.abs(x)),
      0,
    );
    assertLess(
      maxDifference(got[name], expected[name]),
      2e-6 * Math.max(1, scale),
      `${what}: ${name}`,
    );
  }
}

onEveryIsa(
  "attentionGrad equals central differences of the forward",
  async (device) => {
    const segments = [
      { row: 0, rows: 6, position: 0, keyRow: 0, keys: 6 },
      { row: 6, rows: 3, position: 5, keyRow: 7, keys: 4 },
    ];
    const shape = { heads: 4, kvHeads: 2, dim: 6, rows: 11 };
    for (const [kind, limit] of Object.entries(LIMITS)) {
      const given = gradCase(shape, segments, { limit, seed: 5 });
      const got = await nativeGrad(device, given);
      const oracle = attentionBackward(given, given.dout);
      const byDifferences = (field: "q" | "keys" | "values") =>
        centralDifferences(given[field], (moved) => {
          const there: AttentionCase = { ...given, [field]: moved };
          return inner(given.dout, attentionForward(there));
        });
      const expected = {
        dq: byDifferences("q"),
        dkeys: byDifferences("keys"),
        dvalues: byDifferences("values"),
      };
      const width = shape.heads * shape.dim;
      const kvWidth = shape.kvHeads * shape.dim;
      const parts = {
        dq: [0, 9 * width],
        dkeys: [0, 6 * kvWidth],
        dvalues: [7 * kvWidth, 11 * kvWidth],
      } as const;
      for (const name of NAMES) {
        assertLess(maxDifference(oracle[name], expected[name]), 1e-8, kind);
        const [from, to] = parts[name];
        const difference = maxDifference(
          got[name].slice(from, to),
          expected[name].slice(from, to),
        );
        assertLess(difference, 3e-6, `${kind}: ${name}`);
      }
    }
  },
);

onEveryIsa(
  "attentionGrad of ragged segments equals the oracle",
  async (device) => {
    const shapes = [
      { heads: 6, kvHeads: 6, dim: 32, lengths: [1, 40, 85, 7, 130] },
      { heads: 14, kvHeads: 2, dim: 64, lengths: [3, 50] },
      { heads: 6, kvHeads: 3, dim: 10, lengths: [49, 17, 96] },
      { heads: 3, kvHeads: 1, dim: 1, lengths: [5, 2] },
    ];
    for (const { lengths, ...shape } of shapes) {
      const rows = lengths.reduce((sum, n) => sum + n, 0);
      for (const [kind, limit] of Object.entries(LIMITS)) {
        const segments = selfSegments(lengths);
        const given = gradCase({ ...shape, rows }, segments, {
          limit,
          seed: 20,
        });
        await assertRight(device, given, `${kind}, ${shape.heads} heads`);
      }
    }
  },
);

onEveryIsa(
  "attentionGrad of rows with limits in no order equals the oracle",
  async (device) => {
    const segments = selfSegments([61, 90]);
    const given = gradCase(
      { heads: 4, kvHeads: 2, dim: 16, rows: 151 },
      segments,
      { limit: (i, { keys }) => 1 + (i * 37 + 11) % (keys - 9), seed: 40 },
    );
    await assertRight(device, given, "scattered limits");
  },
);

onEveryIsa(
  "attentionGrad of a long segment equals the oracle",
  async (device) => {
    const given = gradCase(
      { heads: 2, kvHeads: 1, dim: 32, rows: 333 },
      selfSegments([333]),
      { limit: LIMITS.causal!, seed: 50 },
    );
    await assertRight(device, given, "333 rows");
  },
);

onEveryIsa(
  "attentionGrad leaves other rows alone and writes zeros for unseen keys",
  async (device) => {
    const shape = { heads: 4, kvHeads: 2, dim: 8, rows: 20 };
    const kvWidth = shape.kvHeads * shape.dim;
    const segments = [
      { row: 2, rows: 5, position: 3, keyRow: 4, keys: 9 },
      { row: 9, rows: 0, position: 0, keyRow: 15, keys: 2 },
    ];
    const given = gradCase(shape, segments, { limit: () => 3 + 6, seed: 60 });
    const got = await nativeGrad(device, given);
    const rowsOf = (data: Float32Array, from: number, to: number) =>
      data.slice(from * data.length / 20, to * data.length / 20);
    const filled = (rows: number, width: number, value: number) =>
      new Float32Array(rows * width).fill(value);
    const width = shape.heads * shape.dim;
    assertEquals(rowsOf(got.dq, 0, 2), filled(2, width, UNTOUCHED));
    assertEquals(rowsOf(got.dq, 7, 20), filled(13, width, UNTOUCHED));
    for (const name of ["dkeys", "dvalues"] as const) {
      const expected = attentionBackward(given, given.dout)[name];
      const seen = rowsOf(got[name], 4, 10);
      const wanted = expected.slice(4 * kvWidth, 10 * kvWidth);
      assertLess(maxDifference(seen, wanted), 2e-6);
      assert(seen.some((x) => x !== 0));
      assertEquals(rowsOf(got[name], 10, 13), filled(3, kvWidth, 0));
      assertEquals(rowsOf(got[name], 15, 17), filled(2, kvWidth, 0));
      for (const [from, to] of [[0, 4], [13, 15], [17, 20]] as const) {
        const untouched = filled(to - from, kvWidth, UNTOUCHED);
        assertEquals(rowsOf(got[name], from, to), untouched);
      }
    }
  },
);

nativeTest(
  "attentionGrad gives the same bits on any number of threads and in any company",
  async () => {
    const shape = { heads: 6, kvHeads: 3, dim: 32, rows: 250 };
    const segments = selfSegments([85, 40, 125]);
    const given = gradCase(shape, segments, {
      limit: LIMITS.blockCausal!,
      seed: 70,
    });
    for (const isa of isas) {
      const run = async (threads: number, own: GradCase) => {
        using device = await Device.open({ library: library!, isa, threads });
        return await nativeGrad(device, own);
      };
      const one = await run(1, given);
      assertEquals(await run(2, given), one);
      assertEquals(await run(5, given), one);
      const alone = await run(1, { ...given, segments: [segments[1]!] });
      for (const name of NAMES) {
        const row = one[name].length / shape.rows;
        const [from, to] = [85 * row, 125 * row];
        assertEquals(alone[name].slice(from, to), one[name].slice(from, to));
      }
    }
  },
);

onEveryIsa("attentionGrad refuses bad segments", async (device) => {
  const shape = { heads: 2, kvHeads: 2, dim: 4, rows: 8 };
  const good = { row: 0, rows: 4, position: 0, keyRow: 0, keys: 4 };
  const range = { source: "fresh", position: 0, count: 4, row: 0 } as const;
  const own = (...segments: OwnKeys[]) => segmentTable(segments);
  const bad: Record<string, AttentionSegment[]> = {
    "key row 3 belongs to two": own(good, { ...good, row: 4, keyRow: 3 }),
    ": row 3 belongs to two": own(good, { ...good, row: 3, keyRow: 4 }),
    "within max_rows": own({ ...good, row: 5 }),
    "fresh keys, wanted them within": own({ ...good, keyRow: 5 }),
    "sees no key": own({ ...good, position: 9 }),
    "wanted one range of source 1": [{
      row: 0,
      rows: 4,
      ranges: [range, { ...range, position: 4, row: 4 }],
    }],
    "the first of source 0": [{
      row: 0,
      rows: 4,
      ranges: [{ ...range, source: "cache", count: 0 }],
    }],
  };
  for (const [text, segments] of Object.entries(bad)) {
    const given = gradCase(shape, [good], { limit: () => 4, seed: 80 });
    const error = await assertRejects(
      () => nativeGrad(device, given, segments),
      EngineError,
      text,
    );
    assertEquals(error.status, "BAD_COMMAND", text);
  }
});

onEveryIsa(
  "attentionGrad refuses gradients over its inputs",
  async (device) => {
    const shape = {
      qStride: 8,
      doutStride: 8,
      dqStride: 8,
      heads: 2,
      kvHeads: 1,
      headDim: 4,
      segmentsAt: 0,
      limitsAt: 1,
      maxSegments: 0,
      maxRows: 3,
      scale: 1,
    };
    const fresh = () => device.buffer(4 * 24);
    const shared = fresh();
    const buffers = () => ({
      q: fresh(),
      keys: fresh(),
      values: fresh(),
      dout: fresh(),
      dq: fresh(),
      dkeys: fresh(),
      dvalues: fresh(),
    });
    const run = (own: Partial<ReturnType<typeof buffers>>, given = {}) =>
      runOnce(
        device,
        new Int32Array(4),
        (encoder) =>
          encoder.attentionGrad({ ...buffers(), ...shape, ...own, ...given }),
      );
    await run({});
    await run({ q: shared, keys: shared, values: shared, dout: shared });
    for (const read of ["q", "keys", "values", "dout"] as const) {
      for (const written of NAMES) {
        const error = await assertRejects(
          () => run({ [read]: shared, [written]: shared }),
          EngineError,
          "overlap",
        );
        assertEquals(error.status, "BAD_COMMAND");
      }
    }
    for (
      const given of [
        { heads: 3, kvHeads: 2 },
        { headDim: 0 },
        { maxRows: 0 },
        { qStride: 16 },
      ]
    ) {
      const error = await assertRejects(() => run({}, given), EngineError);
      assertEquals(error.status, "BAD_COMMAND", JSON.stringify(given));
    }
  },
);
