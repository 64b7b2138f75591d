/** What the tests of the attention gradient share: seeded cases and the native run of one. Used by tests only. */
import { download, randomFloats, runOnce, upload } from "./_fixture.ts";
import type { AttentionCase, OwnKeys } from "./_gradient_oracle.ts";
import type { Device } from "./device.ts";
import {
  type AttentionSegment,
  ParameterLayout,
  ParameterTable,
} from "./parameters.ts";

/** A case, the gradient that flows into it, and its numbers as the engine takes them. */
export interface GradCase extends AttentionCase {
  readonly q: Float32Array;
  readonly keys: Float32Array;
  readonly values: Float32Array;
  readonly dout: Float32Array;
}

/** Shape of a case. */
export interface GradShape {
  readonly heads: number;
  readonly kvHeads: number;
  readonly dim: number;
  readonly rows: number;
}

/** Which keys a row of a segment sees, as a limit on their positions; `i` counts the segment's rows. */
export type Limit = (i: number, segment: OwnKeys) => number;

/** What the models of the training step use. */
export const LIMITS: Readonly<Record<string, Limit>> = {
  full: (_, { position, keys }) => position + keys,
  causal: (i, { position }) => position + i + 1,
  blockCausal: (i, { position }) => position + (Math.floor(i / 4) + 1) * 4,
  promptOnly: (_, { position, keys }) => position + Math.ceil(keys / 3),
};

/** Seeded case over segments; rows of no segment get limit 0. */
export function gradCase(
  { heads, kvHeads, dim, rows }: GradShape,
  segments: readonly OwnKeys[],
  { limit, seed }: { limit: Limit; seed: number },
): GradCase {
  const limits = new Array<number>(rows).fill(0);
  for (const segment of segments) {
    for (let i = 0; i < segment.rows && segment.row + i < rows; i++) {
      limits[segment.row + i] = limit(i, segment);
    }
  }
  return {
    q: randomFloats(rows * heads * dim, seed),
    keys: randomFloats(rows * kvHeads * dim, seed + 1),
    values: randomFloats(rows * kvHeads * dim, seed + 2),
    dout: randomFloats(rows * heads * dim, seed + 3),
    heads,
    kvHeads,
    dim,
    scale: 2 * dim ** -0.5,
    limits,
    segments,
  };
}

/** Segments one after the other whose keys are their own rows. */
export function selfSegments(lengths: readonly number[]): OwnKeys[] {
  let row = 0;
  return lengths.map((rows) => {
    const segment = { row, rows, position: 0, keyRow: row, keys: rows };
    row += rows;
    return segment;
  });
}

/** The bytes that untouched gradients keep. */
export const UNTOUCHED = -77;

/** Segments as the engine takes them. */
export function segmentTable(segments: readonly OwnKeys[]): AttentionSegment[] {
  return segments.map(({ row, rows, position, keyRow, keys }) => ({
    row,
    rows,
    ranges: [{ source: "fresh", position, count: keys, row: keyRow }],
  }));
}

/** Gradients by the native operation; q, dout and dq are rows of a wider matrix. `segments` stand in for those of the case. */
export async function nativeGrad(
  device: Device,
  given: GradCase,
  segments = segmentTable(given.segments),
): Promise<Record<"dq" | "dkeys" | "dvalues", Float32Array>> {
  const { heads, kvHeads, dim } = given;
  const rows = given.limits.length;
  const width = heads * dim;
  const stride = width + 3;
  const layout = new ParameterLayout();
  const segmentsAt = layout.reserveSegments(segments.length);
  const limitsAt = layout.reserve(rows);
  const table = new ParameterTable(layout);
  table.setSegments(segmentsAt, segments);
  table.setAll(limitsAt, given.limits);
  const wide = (data: Float32Array) => {
    const spread = new Float32Array(rows * stride);
    for (let i = 0; i < rows; i++) {
      spread.set(data.subarray(i * width, (i + 1) * width), i * stride);
    }
    return upload(device, spread);
  };
  const untouched = (count: number) =>
    upload(device, new Float32Array(count).fill(UNTOUCHED));
  const kvCount = rows * kvHeads * dim;
  const dq = untouched(rows * stride);
  const [dkeys, dvalues] = [untouched(kvCount), untouched(kvCount)];
  await runOnce(device, table.words, (encoder) =>
    encoder.attentionGrad({
      q: wide(given.q),
      keys: upload(device, given.keys),
      values: upload(device, given.values),
      dout: wide(given.dout),
      dq,
      dkeys,
      dvalues,
      qStride: stride,
      doutStride: stride,
      dqStride: stride,
      heads,
      kvHeads,
      headDim: dim,
      segmentsAt,
      limitsAt,
      maxSegments: segments.length,
      maxRows: rows,
      scale: given.scale,
    }));
  const all = download(dq, rows * stride);
  const narrow = new Float32Array(rows * width);
  for (let i = 0; i < rows; i++) {
    narrow.set(all.subarray(i * stride, i * stride + width), i * width);
  }
  return {
    dq: narrow,
    dkeys: download(dkeys, kvCount),
    dvalues: download(dvalues, kvCount),
  };
}
