/** The three products of a linear layer's training step, at the projection sizes of the shipped models and of the 0.5B one. */
import { device, planBench } from "./_bench.ts";
import { randomFloats } from "./_random.ts";
import { DTYPE_CODES } from "./abi.ts";

/** Rows of a step, then rows and columns of the weight. */
const SHAPES = [
  [8192, 576, 192],
  [8192, 192, 192],
  [8192, 1024, 192],
  [8192, 192, 512],
  [2048, 896, 896],
  [2048, 4864, 896],
] as const;

for (const dtype of ["f32", "bf16"] as const) {
  for (const [rows, n, k] of SHAPES) {
    const master = device.buffer(4 * n * k);
    master.write(randomFloats(n * k, 1));
    const [weight, transposed] = [
      device.weight({ dtype, rows: n, columns: k }),
      device.weight({ dtype, rows: k, columns: n }),
    ];
    const input = device.buffer(4 * rows * k);
    input.write(randomFloats(rows * k, 2));
    const dout = device.buffer(4 * rows * n);
    dout.write(randomFloats(rows * n, 3));
    const [out, din] = [
      device.buffer(4 * rows * n),
      device.buffer(4 * rows * k),
    ];
    const dweight = device.buffer(4 * n * k);
    const pack = {
      src: master,
      rows: n,
      cols: k,
      srcStride: k,
      scale: 1,
    };
    const bench = (
      name: string,
      record: Parameters<typeof planBench>[0]["record"],
    ) =>
      planBench({
        group: "linear layer in training",
        name: `${dtype} ${rows} x ${k} to ${n}, ${name}`,
        baseline: dtype === "f32" && n === 576 && name === "forward",
        params: Int32Array.of(rows),
        record,
        operations: 2 * rows * n * k,
        dtype,
      });
    bench("both packs and forward", (encoder) => {
      encoder.pack({ ...pack, weight, transpose: 0 });
      encoder.pack({ ...pack, weight: transposed, transpose: 1 });
      encoder.matmul({
        input,
        weight,
        out,
        inStride: k,
        outStride: n,
        outCols: n,
        rowsAt: 0,
        maxRows: rows,
      });
    });
    bench("forward", (encoder) =>
      encoder.matmul({
        input,
        weight,
        out,
        inStride: k,
        outStride: n,
        outCols: n,
        rowsAt: 0,
        maxRows: rows,
      }));
    bench("dX", (encoder) =>
      encoder.matmul({
        input: dout,
        weight: transposed,
        out: din,
        inStride: n,
        outStride: k,
        outCols: k,
        rowsAt: 0,
        maxRows: rows,
      }));
    bench("dW", (encoder) =>
      encoder.matmulGrad({
        dout,
        input,
        dweight,
        n,
        k,
        doutStride: n,
        inStride: k,
        rowsAt: 0,
        maxRows: rows,
        dtype: DTYPE_CODES[dtype],
        scale: 1,
      }));
  }
}
