import { assertEquals, assertLess, assertRejects } from "@std/assert";
import {
  download,
  maxDifference,
  onEveryIsa,
  randomMatrix,
  runOnce,
  upload,
} from "./_fixture.ts";
import { attention, type AttentionInputs } from "./_oracle.ts";
import type { Device } from "./device.ts";
import { EngineError } from "./errors.ts";
import {
  type AttentionSegment,
  ParameterLayout,
  ParameterTable,
} from "./parameters.ts";

const SHAPE = { heads: 6, kvHeads: 2, dim: 8, rows: 11, cacheRows: 30 };
const WIDTH = SHAPE.heads * SHAPE.dim;
const KV_WIDTH = SHAPE.kvHeads * SHAPE.dim;

function inputs(seed: number, limits: number[]): AttentionInputs {
  const fresh = (s: number) =>
    randomMatrix(SHAPE.rows, KV_WIDTH, { seed: seed + s });
  const cache = (s: number) =>
    randomMatrix(SHAPE.cacheRows, KV_WIDTH, { seed: seed + s });
  return {
    q: randomMatrix(SHAPE.rows, WIDTH, { seed }),
    keys: { cache: cache(1), fresh: fresh(2) },
    values: { cache: cache(3), fresh: fresh(4) },
    heads: SHAPE.heads,
    kvHeads: SHAPE.kvHeads,
    scale: 0.7,
    limits,
  };
}

async function runAttention(
  device: Device,
  given: AttentionInputs,
  segments: readonly AttentionSegment[],
): Promise<Float32Array> {
  const layout = new ParameterLayout();
  const segmentsAt = layout.reserveSegments(8);
  const limitsAt = layout.reserve(SHAPE.rows);
  const table = new ParameterTable(layout);
  table.setSegments(segmentsAt, segments);
  table.setAll(limitsAt, given.limits);
  const out = device.buffer(4 * SHAPE.rows * WIDTH);
  await runOnce(device, table.words, (encoder) =>
    encoder.attention({
      q: upload(device, given.q.data),
      freshKeys: upload(device, given.keys.fresh.data),
      freshValues: upload(device, given.values.fresh.data),
      cacheKeys: upload(device, given.keys.cache.data),
      cacheValues: upload(device, given.values.cache.data),
      out,
      qStride: WIDTH,
      outStride: WIDTH,
      heads: SHAPE.heads,
      kvHeads: SHAPE.kvHeads,
      headDim: SHAPE.dim,
      segmentsAt,
      limitsAt,
      maxSegments: 8,
      maxRows: SHAPE.rows,
      cacheRows: SHAPE.cacheRows,
      scale: given.scale,
    }));
  return download(out, SHAPE.rows * WIDTH);
}

onEveryIsa(
  "attention equals softmax over cached, fresh and later cached ranges",
  async (device) => {
    const limits = Array.from({ length: SHAPE.rows }, () => 100);
    const given = inputs(20, limits);
    const segments: AttentionSegment[] = [
      {
        row: 0,
        rows: 5,
        ranges: [
          { source: "cache", position: 0, count: 12, row: 3 },
          { source: "fresh", position: 12, count: 5, row: 0 },
          { source: "cache", position: 20, count: 7, row: 20 },
        ],
      },
      {
        row: 6,
        rows: 1,
        ranges: [{ source: "fresh", position: 3, count: 1, row: 6 }],
      },
      {
        row: 7,
        rows: 4,
        ranges: [
          { source: "cache", position: 0, count: 1, row: 29 },
          { source: "fresh", position: 12, count: 2, row: 0 },
          { source: "fresh", position: 14, count: 4, row: 7 },
          { source: "cache", position: 40, count: 9, row: 0 },
        ],
      },
    ];
    const got = await runAttention(device, given, segments);
    const expected = attention(given, segments);
    assertLess(maxDifference(got, expected.data), 3e-6);
    assertEquals(got.slice(5 * WIDTH, 6 * WIDTH), new Float32Array(WIDTH));
  },
);

onEveryIsa(
  "attention hides keys at or beyond a row's limit",
  async (device) => {
    const segments: AttentionSegment[] = [{
      row: 0,
      rows: 11,
      ranges: [
        { source: "cache", position: 0, count: 20, row: 0 },
        { source: "fresh", position: 20, count: 11, row: 0 },
      ],
    }];
    const given = inputs(30, [1, 2, 19, 20, 21, 22, 25, 31, 31, 99, 16]);
    const got = await runAttention(device, given, segments);
    assertLess(maxDifference(got, attention(given, segments).data), 3e-6);
  },
);

onEveryIsa("attention refuses bad segments", async (device) => {
  const limits = Array.from({ length: SHAPE.rows }, () => 100);
  const range = { source: "cache", position: 0, count: 4, row: 0 } as const;
  const bad: Record<
    string,
    { segments: AttentionSegment[]; limits?: number[] }
  > = {
    "a row that sees no key": {
      segments: [{ row: 0, rows: 1, ranges: [{ ...range, position: 5 }] }],
      limits: [5],
    },
    "rows beyond maxRows": { segments: [{ row: 8, rows: 4, ranges: [range] }] },
    "a cache row beyond cacheRows": {
      segments: [{ row: 0, rows: 1, ranges: [{ ...range, row: 27 }] }],
    },
    "overlapping ranges": {
      segments: [{
        row: 0,
        rows: 1,
        ranges: [range, { ...range, position: 3 }],
      }],
    },
    "no range": { segments: [{ row: 0, rows: 1, ranges: [] }] },
    "shared rows": {
      segments: [{ row: 0, rows: 2, ranges: [range] }, {
        row: 1,
        rows: 1,
        ranges: [range],
      }],
    },
  };
  for (const [what, { segments, limits: own }] of Object.entries(bad)) {
    const all = limits.map((limit, i) => own?.[i] ?? limit);
    const error = await assertRejects(
      () => runAttention(device, inputs(40, all), segments),
      EngineError,
    );
    assertEquals(error.status, "BAD_COMMAND", what);
  }
});
