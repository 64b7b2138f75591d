/** Attention of 1 to 15 branches of 32 rows over a shared cache, with the heads of the 0.5B and 7B models. */
import { device, planBench } from "./_bench.ts";
import { randomFloats } from "./_random.ts";
import { ParameterLayout, ParameterTable } from "./parameters.ts";

const MODELS = [
  { name: "0.5B", heads: 14, kvHeads: 2, dim: 64 },
  { name: "7B", heads: 28, kvHeads: 4, dim: 128 },
];
const CACHED = 512;
const WINDOW = 32;

for (const { name, heads, kvHeads, dim } of MODELS) {
  for (const branches of [1, 4, 15]) {
    const rows = branches * WINDOW;
    const width = heads * dim;
    const kvWidth = kvHeads * dim;
    const layout = new ParameterLayout();
    const segmentsAt = layout.reserveSegments(branches);
    const limitsAt = layout.reserve(rows);
    const table = new ParameterTable(layout);
    table.setSegments(
      segmentsAt,
      Array.from({ length: branches }, (_, branch) => ({
        row: branch * WINDOW,
        rows: WINDOW,
        ranges: [
          { source: "cache", position: 0, count: CACHED, row: 0 },
          {
            source: "fresh",
            position: CACHED,
            count: WINDOW,
            row: branch * WINDOW,
          },
        ],
      })),
    );
    table.setAll(limitsAt, new Int32Array(rows).fill(CACHED + WINDOW));
    const filled = (count: number, seed: number) => {
      const buffer = device.buffer(4 * count);
      buffer.write(randomFloats(count, seed));
      return buffer;
    };
    const inputs = {
      q: filled(rows * width, 1),
      freshKeys: filled(rows * kvWidth, 2),
      freshValues: filled(rows * kvWidth, 3),
      cacheKeys: filled(CACHED * kvWidth, 4),
      cacheValues: filled(CACHED * kvWidth, 5),
    };
    const out = device.buffer(4 * rows * width);
    planBench({
      group: "attention",
      name: `${name}, ${branches} branches`,
      baseline: name === "0.5B" && branches === 1,
      params: table.words,
      record: (encoder) =>
        encoder.attention({
          ...inputs,
          out,
          qStride: width,
          outStride: width,
          heads,
          kvHeads,
          headDim: dim,
          segmentsAt,
          limitsAt,
          maxSegments: branches,
          maxRows: rows,
          cacheRows: CACHED,
          scale: dim ** -0.5,
        }),
      operations: 4 * rows * width * (CACHED + WINDOW),
      dtype: "f32",
    });
  }
}
