/** Products and attention over numbers of rows that take every height of a register tile, on every path that runs here. */
import { assertEquals, assertLess } from "@std/assert";
import {
  download,
  maxDifference,
  onEveryIsa,
  randomMatrix,
  runOnce,
  upload,
} from "./_fixture.ts";
import { attention, matmul } from "./_oracle.ts";
import { ParameterLayout, ParameterTable } from "./parameters.ts";

/** More rows than two of the highest tiles. */
const ROWS = 40;
/** Some panels of 16 columns at once, some alone, and a part of one. */
const COLUMNS = 149;
/** Within one cut of the inner dimension, and more than two. */
const DEPTHS = [40, 1100] as const;

for (const dtype of ["f32", "bf16"] as const) {
  onEveryIsa(
    `matmul ${dtype}: 1 to ${ROWS} rows, over one cut of k and over several`,
    async (device) => {
      for (const k of DEPTHS) {
        const x = randomMatrix(ROWS, k, { seed: k });
        const w = randomMatrix(COLUMNS, k, { seed: k + 1 });
        const expected = matmul(x, w, { bf16: dtype === "bf16" });
        using weight = device.weight({ dtype, rows: COLUMNS, columns: k });
        weight.writeRows(w.data, { dtype: "f32", rows: COLUMNS });
        using input = upload(device, x.data);
        for (let rows = 1; rows <= ROWS; rows++) {
          using out = device.buffer(4 * ROWS * COLUMNS);
          await runOnce(
            device,
            Int32Array.of(rows),
            (encoder) =>
              encoder.matmul({
                ...{ input, weight, out, inStride: k, outStride: COLUMNS },
                ...{ outCols: COLUMNS, rowsAt: 0, maxRows: ROWS },
              }),
          );
          const got = download(out, ROWS * COLUMNS);
          const end = rows * COLUMNS;
          assertLess(
            maxDifference(
              got.subarray(0, end),
              expected.data.subarray(0, end),
            ),
            1e-6 * Math.sqrt(k) + 1e-7 * k,
            `${rows} rows, k ${k}`,
          );
          assertEquals(got.subarray(end).some((value) => value !== 0), false);
        }
      }
    },
  );
}

onEveryIsa(
  "attention: segments of 1 to 13 rows, one and three query heads to a kv head",
  async (device) => {
    const dim = 24, cacheRows = 37, most = 13, kvHeads = 1;
    const layout = new ParameterLayout();
    const segmentsAt = layout.reserveSegments(1);
    const limitsAt = layout.reserve(most);
    const keys = randomMatrix(cacheRows, dim, { seed: 1 });
    const values = randomMatrix(cacheRows, dim, { seed: 2 });
    using cacheKeys = upload(device, keys.data);
    using cacheValues = upload(device, values.data);
    using unused = device.buffer(4 * most * dim);
    for (const heads of [1, 3]) {
      const width = heads * dim;
      const q = randomMatrix(most, width, { seed: heads });
      using queries = upload(device, q.data);
      const limits = Array.from({ length: most }, (_, r) => 37 - 2 * r);
      for (let rows = 1; rows <= most; rows++) {
        const segment = {
          ...{ row: 0, rows },
          ranges: [
            { source: "cache", position: 0, count: cacheRows, row: 0 },
          ] as const,
        };
        const table = new ParameterTable(layout);
        table.setSegments(segmentsAt, [segment]);
        table.setAll(limitsAt, limits);
        using out = device.buffer(4 * most * width);
        await runOnce(device, table.words, (encoder) =>
          encoder.attention({
            ...{ q: queries, cacheKeys, cacheValues, out, cacheRows },
            ...{ freshKeys: unused, freshValues: unused, heads, kvHeads },
            ...{ qStride: width, outStride: width, headDim: dim },
            ...{ segmentsAt, limitsAt, maxSegments: 1, maxRows: most },
            scale: 0.7,
          }));
        const expected = attention({
          ...{ q, heads, kvHeads, scale: 0.7, limits },
          keys: { cache: keys, fresh: keys },
          values: { cache: values, fresh: values },
        }, [segment]);
        assertLess(
          maxDifference(download(out, most * width), expected.data),
          2e-6,
          `${rows} rows, ${heads} heads`,
        );
      }
    }
  },
);
