/** Matrix multiplication at the projection sizes of the 0.5B and 7B models. */
import { device, planBench } from "./_bench.ts";
import { randomFloats } from "./_random.ts";

const SHAPES = [[4864, 896], [896, 4864], [3584, 3584]] as const;
const ROWS = [64, 128, 256, 512];

for (const dtype of ["f32", "bf16"] as const) {
  for (const [n, k] of SHAPES) {
    const weight = device.weight({ dtype, rows: n, columns: k });
    weight.writeRows(randomFloats(n * k, 1), { dtype: "f32", rows: n });
    for (const rows of ROWS) {
      const input = device.buffer(4 * rows * k);
      input.write(randomFloats(rows * k, 2));
      const out = device.buffer(4 * rows * n);
      planBench({
        group: "gemm",
        name: `${dtype} ${rows} x ${k} to ${n}`,
        baseline: dtype === "f32" && n === 4864 && rows === 64,
        params: Int32Array.of(rows),
        record: (encoder) =>
          encoder.matmul({
            input,
            weight,
            out,
            inStride: k,
            outStride: n,
            outCols: n,
            rowsAt: 0,
            maxRows: rows,
          }),
        operations: 2 * rows * n * k,
        dtype,
      });
    }
  }
}
