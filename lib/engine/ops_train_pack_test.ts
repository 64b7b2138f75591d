/** Packing of master weights. */
import { assertEquals, assertLess, assertRejects } from "@std/assert";
import {
  download,
  maxDifference,
  onEveryIsa,
  randomMatrix,
  runOnce,
  upload,
} from "./_fixture.ts";
import { matmul, type Matrix, toBf16 } from "./_oracle.ts";
import type { Device } from "./device.ts";
import { EngineError } from "./errors.ts";
import type { Weight } from "./weight.ts";

function transposed({ rows, columns, data }: Matrix): Matrix {
  return {
    rows: columns,
    columns: rows,
    data: data.map((_, at) =>
      data[(at % rows) * columns + Math.floor(at / rows)]!
    ),
  };
}

/** Reads a weight back, row by row. */
async function rowsOf(
  device: Device,
  weight: Weight,
  [rows, columns]: readonly [number, number],
): Promise<Float32Array> {
  using out = device.buffer(4 * rows * columns);
  const words = Int32Array.from(
    { length: rows + 1 },
    (_, i) => i === 0 ? rows : i - 1,
  );
  await runOnce(device, words, (encoder) =>
    encoder.embed({
      weight,
      out,
      outStride: columns,
      rowsAt: 0,
      tokensAt: 1,
      maxRows: rows,
    }));
  return download(out, rows * columns);
}

const SHAPES = [[1, 1], [3, 17], [16, 8], [35, 66], [50, 5], [
  19,
  1030,
]] as const;

for (const dtype of ["f32", "bf16"] as const) {
  onEveryIsa(
    `pack writes a scaled matrix as it stands and transposed, ${dtype}`,
    async (device) => {
      for (const [rows, cols] of SHAPES) {
        const stride = cols + 3;
        const held = randomMatrix(rows, stride, { seed: rows });
        const master = held.data.filter((_, at) => at % stride < cols);
        const src = upload(device, held.data);
        const scale = 0.75;
        const want = master.map((x) =>
          dtype === "bf16" ? toBf16(Math.fround(scale * x)) : scale * x
        );
        const plain = { rows, columns: cols, data: want };
        for (const transpose of [0, 1] as const) {
          const expected = transpose ? transposed(plain) : plain;
          const { rows: n, columns: k } = expected;
          const weight = device.weight({ dtype, rows: n, columns: k });
          for (const factor of [-1, 1]) {
            await runOnce(
              device,
              Int32Array.of(0),
              (encoder) =>
                encoder.pack({
                  weight,
                  src,
                  rows,
                  cols,
                  srcStride: stride,
                  transpose,
                  scale: factor * scale,
                }),
            );
          }
          assertEquals(await rowsOf(device, weight, [n, k]), expected.data);
          // Whatever pads the weight must add nothing.
          const x = randomMatrix(2, k, { seed: 3 });
          const out = device.buffer(4 * 2 * n);
          await runOnce(device, Int32Array.of(2), (encoder) =>
            encoder.matmul({
              input: upload(device, x.data),
              weight,
              out,
              inStride: k,
              outStride: n,
              outCols: n,
              rowsAt: 0,
              maxRows: 2,
            }));
          const product = matmul(x, expected, { bf16: dtype === "bf16" });
          assertLess(
            maxDifference(download(out, 2 * n), product.data),
            1e-5 * Math.sqrt(k),
          );
        }
      }
    },
  );

  onEveryIsa(
    `pack names the first entry that is not finite in ${dtype}`,
    async (device) => {
      const largest = 3.4028234e38; // finite in f32, not in bf16
      for (const transpose of [0, 1] as const) {
        for (
          const [bad, scale] of [[NaN, 1], [-Infinity, 0.5], [1e30, 1e30], [
            dtype === "bf16" ? largest : Infinity,
            1,
          ]] as const
        ) {
          const data = new Float32Array(20 * 30).fill(1);
          data[7 * 30 + 11] = bad;
          data[12 * 30 + 2] = bad;
          const shape = transpose
            ? { rows: 30, columns: 20 }
            : { rows: 20, columns: 30 };
          const weight = device.weight({ dtype, ...shape });
          const error = await assertRejects(
            () =>
              runOnce(
                device,
                Int32Array.of(0),
                (encoder) =>
                  encoder.pack({
                    weight,
                    src: upload(device, data),
                    rows: 20,
                    cols: 30,
                    srcStride: 30,
                    transpose,
                    scale,
                  }),
              ),
            EngineError,
            "src row 7, column 11",
          );
          assertEquals(error.status, "NUMERIC");
        }
      }
    },
  );
}

onEveryIsa(
  "the gradient of a linear layer's input is a matmul with the transposed pack",
  async (device) => {
    const [rows, n, k] = [9, 20, 37];
    const master = randomMatrix(n, k, { seed: 5 });
    const dout = randomMatrix(rows, n, { seed: 6 });
    const weight = device.weight({ dtype: "f32", rows: k, columns: n });
    const din = device.buffer(4 * rows * k);
    await runOnce(device, Int32Array.of(rows), (encoder) => {
      encoder.pack({
        weight,
        src: upload(device, master.data),
        rows: n,
        cols: k,
        srcStride: k,
        transpose: 1,
        scale: 1,
      });
      encoder.matmul({
        input: upload(device, dout.data),
        weight,
        out: din,
        inStride: n,
        outStride: k,
        outCols: k,
        rowsAt: 0,
        maxRows: rows,
      });
    });
    // din[r, i] = sum_j dout[r, j] * master[j, i]
    const expected = new Float32Array(rows * k).map((_, at) => {
      const [r, i] = [Math.floor(at / k), at % k];
      let sum = 0;
      for (let j = 0; j < n; j++) {
        sum += dout.data[r * n + j]! * master.data[j * k + i]!;
      }
      return sum;
    });
    assertLess(maxDifference(download(din, rows * k), expected), 5e-6);
  },
);
