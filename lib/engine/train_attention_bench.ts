/**
 * Forward and backward of attention at the shapes of a training step, and the passes over rows around it, per row and layer:
 * segments of 84 rows with the heads of the laboratory's model, and of 256 with those of the 0.5B model.
 */
import { device, planBench } from "./_bench.ts";
import { randomFloats } from "./_random.ts";
import { ParameterLayout, ParameterTable } from "./parameters.ts";

const MODELS = [
  { name: "6 x 32", heads: 6, kvHeads: 6, dim: 32, segments: 24, rows: 84 },
  { name: "14 x 64", heads: 14, kvHeads: 2, dim: 64, segments: 4, rows: 256 },
];

/** Multiply-adds of the backward over those of one product of queries and keys. */
const PRODUCTS = { forward: 2, backward: 5 };

for (const { name, heads, kvHeads, dim, segments, rows } of MODELS) {
  const all = segments * rows;
  const width = heads * dim;
  const kvWidth = kvHeads * dim;
  const filled = (count: number, seed: number) => {
    const buffer = device.buffer(4 * count);
    buffer.write(randomFloats(count, seed));
    return buffer;
  };
  const q = filled(all * width, 1);
  const keys = filled(all * kvWidth, 2);
  const values = filled(all * kvWidth, 3);
  const dout = filled(all * width, 4);
  const out = device.buffer(4 * all * width);
  const dkeys = device.buffer(4 * all * kvWidth);
  const dvalues = device.buffer(4 * all * kvWidth);
  for (const mask of ["full", "causal"] as const) {
    const layout = new ParameterLayout();
    const segmentsAt = layout.reserveSegments(segments);
    const limitsAt = layout.reserve(all);
    const table = new ParameterTable(layout);
    table.setSegments(
      segmentsAt,
      Array.from({ length: segments }, (_, i) => ({
        row: i * rows,
        rows,
        ranges: [{ source: "fresh", position: 0, count: rows, row: i * rows }],
      })),
    );
    const limits = Array.from(
      { length: all },
      (_, i) => mask === "full" ? rows : i % rows + 1,
    );
    table.setAll(limitsAt, limits);
    const seen = limits.reduce((sum, limit) => sum + limit, 0);
    const shared = {
      qStride: width,
      heads,
      kvHeads,
      headDim: dim,
      segmentsAt,
      limitsAt,
      maxSegments: segments,
      maxRows: all,
      scale: dim ** -0.5,
    };
    planBench({
      group: `attention ${name}`,
      name: `forward, ${mask}, ${all} rows`,
      baseline: mask === "full",
      params: table.words,
      record: (encoder) =>
        encoder.attention({
          ...shared,
          q,
          freshKeys: keys,
          freshValues: values,
          cacheKeys: keys,
          cacheValues: values,
          cacheRows: 0,
          out,
          outStride: width,
        }),
      operations: 2 * PRODUCTS.forward * width * seen,
      dtype: "f32",
      rows: all,
    });
    planBench({
      group: `attention ${name}`,
      name: `backward, ${mask}, ${all} rows`,
      params: table.words,
      record: (encoder) =>
        encoder.attentionGrad({
          ...shared,
          q,
          keys,
          values,
          dout,
          dq: out,
          dkeys,
          dvalues,
          doutStride: width,
          dqStride: width,
        }),
      operations: 2 * PRODUCTS.backward * width * seen,
      dtype: "f32",
      rows: all,
    });
  }
  rowBenches({ name, heads, kvHeads, dim, rows: all });
}

/** The passes that touch each number once; their share of the arithmetic ceiling says little, their time per row does. */
function rowBenches(
  shape: {
    name: string;
    heads: number;
    kvHeads: number;
    dim: number;
    rows: number;
  },
): void {
  const { name, heads, kvHeads, dim, rows } = shape;
  const width = heads * dim;
  const qkvWidth = width + 2 * kvHeads * dim;
  const filled = (count: number, seed: number) => {
    const buffer = device.buffer(4 * count);
    buffer.write(randomFloats(count, seed));
    return buffer;
  };
  const input = filled(rows * width, 1);
  const gain = filled(width, 2);
  const dout = filled(rows * width, 3);
  const out = device.buffer(4 * rows * width);
  const dgain = device.buffer(4 * width);
  const qkv = filled(rows * qkvWidth, 4);
  const keys = device.buffer(4 * rows * kvHeads * dim);
  const values = device.buffer(4 * rows * kvHeads * dim);
  const positions = 128;
  const vocab = 1024;
  const table = filled(positions * dim, 5);
  const dtable = device.buffer(4 * vocab * width);
  const words = new Int32Array(1 + 2 * rows);
  words[0] = rows;
  for (let i = 0; i < rows; i++) {
    words[1 + i] = i % positions;
    words[1 + rows + i] = i * 7 % vocab;
  }
  const norm = { width, inStride: width, rowsAt: 0, maxRows: rows, eps: 1e-6 };
  const rope = {
    table,
    heads,
    kvHeads,
    headDim: dim,
    rowsAt: 0,
    positionsAt: 1,
    maxRows: rows,
    maxPosition: positions,
  };
  const bench = (
    what: string,
    operations: number,
    record: Parameters<typeof planBench>[0]["record"],
  ) =>
    planBench({
      group: `rows ${name}`,
      name: what,
      params: words,
      record,
      operations: operations * rows,
      dtype: "f32",
      rows,
    });
  bench(
    "rmsNorm",
    4 * width,
    (encoder) =>
      encoder.rmsNorm({ ...norm, input, gain, out, outStride: width }),
  );
  bench("rmsNormGrad", 12 * width, (encoder) =>
    encoder.rmsNormGrad({
      ...norm,
      input,
      gain,
      dout,
      din: out,
      dgain,
      doutStride: width,
      dinStride: width,
    }));
  bench(
    "ropeKv",
    3 * (width + kvHeads * dim),
    (encoder) =>
      encoder.ropeKv({ ...rope, qkv, keys, values, qkvStride: qkvWidth }),
  );
  bench(
    "ropeKvGrad",
    3 * (width + kvHeads * dim),
    (encoder) =>
      encoder.ropeKvGrad({
        ...rope,
        dqkv: qkv,
        dkeys: keys,
        dvalues: values,
        dqkvStride: qkvWidth,
      }),
  );
  bench("embedGrad", width, (encoder) =>
    encoder.embedGrad({
      dout,
      dtable,
      vocab,
      k: width,
      doutStride: width,
      rowsAt: 0,
      tokensAt: 1 + rows,
      maxRows: rows,
      skip: 0xffffffff,
    }));
}
