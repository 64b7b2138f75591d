/** Gradients of the weights of linear layers. */
import { assertEquals, assertLess } from "@std/assert";
import {
  download,
  isas,
  library,
  nativeTest,
  onEveryIsa,
  randomFloats,
  runOnce,
  upload,
} from "./_fixture.ts";
import { toBf16 } from "./_oracle.ts";
import { DTYPE_CODES } from "./abi.ts";
import { Device } from "./device.ts";

interface Problem {
  readonly rows: number;
  readonly n: number;
  readonly k: number;
  readonly dtype: "f32" | "bf16";
  readonly scale: number;
  readonly bias: boolean;
}

const PAD = 5;

/** Data of a problem: strides are PAD beyond the widths, gradients hold something before. */
function dataOf({ rows, n, k }: Problem) {
  return {
    dout: randomFloats(rows * (n + PAD), 1),
    input: randomFloats(rows * (k + PAD), 2),
    dweight: randomFloats(n * k, 3),
    dbias: randomFloats(n, 4),
  };
}

/** Runs the rows in one or several records and reads the gradients. */
async function weightGrad(
  device: Device,
  problem: Problem,
  parts: readonly number[] = [problem.rows],
): Promise<{ dweight: Float32Array; dbias: Float32Array }> {
  const { n, k, dtype, scale, bias } = problem;
  const data = dataOf(problem);
  using dout = upload(device, data.dout);
  using input = upload(device, data.input);
  using dweight = upload(device, data.dweight);
  using dbias = upload(device, data.dbias);
  await runOnce(device, Int32Array.from(parts), (encoder) => {
    let row = 0;
    for (const [rowsAt, rows] of parts.entries()) {
      encoder.matmulGrad({
        dout: dout.at(4 * row * (n + PAD)),
        input: input.at(4 * row * (k + PAD)),
        dweight,
        ...(bias ? { dbias } : {}),
        n,
        k,
        doutStride: n + PAD,
        inStride: k + PAD,
        rowsAt,
        maxRows: rows,
        dtype: DTYPE_CODES[dtype],
        scale,
      });
      row += rows;
    }
  });
  return { dweight: download(dweight, n * k), dbias: download(dbias, n) };
}

/** Largest error in units of what f32 sums of these numbers may lose. */
function weightGradError(
  problem: Problem,
  got: { dweight: Float32Array; dbias: Float32Array },
): number {
  const { rows, n, k, scale, bias } = problem;
  const data = dataOf(problem);
  const factor = (x: number) => problem.dtype === "bf16" ? toBf16(x) : x;
  let worst = 0;
  const compare = (actual: number, before: number, terms: number[]) => {
    const sum = terms.reduce((total, x) => total + x, 0);
    const size = terms.reduce((total, x) => total + Math.abs(x), 0);
    const unit = 2 ** -24 * (2 + Math.sqrt(rows)) *
      (Math.abs(scale) * size + Math.abs(before));
    const error = Math.abs(actual - (before + scale * sum)) / unit;
    worst = error <= worst ? worst : error; // NaN counts
  };
  const column = (j: number) =>
    Array.from({ length: rows }, (_, r) => data.dout[r * (n + PAD) + j]!);
  for (let j = 0; j < n; j++) {
    const left = column(j);
    for (let i = 0; i < k; i++) {
      compare(
        got.dweight[j * k + i]!,
        data.dweight[j * k + i]!,
        left.map((x, r) => factor(x) * factor(data.input[r * (k + PAD) + i]!)),
      );
    }
    if (bias) compare(got.dbias[j]!, data.dbias[j]!, left);
    else assertEquals(got.dbias[j], data.dbias[j]);
  }
  return worst;
}

const GRAD_SHAPES = [
  [1, 1, 1],
  [2, 6, 16],
  [31, 7, 33],
  [33, 12, 32],
  [
    255,
    13,
    47,
  ],
  [257, 24, 15],
  [600, 5, 70],
  [1300, 20, 9],
] as const;

for (const dtype of ["f32", "bf16"] as const) {
  onEveryIsa(
    `matmulGrad ${dtype} adds the scaled sum over rows, for ragged shapes`,
    async (device) => {
      for (const [at, [rows, n, k]] of GRAD_SHAPES.entries()) {
        const problem: Problem = {
          rows,
          n,
          k,
          dtype,
          scale: at % 2 === 0 ? 1 : -0.375,
          bias: at % 3 !== 0,
        };
        const got = await weightGrad(device, problem);
        const error = weightGradError(problem, got);
        assertLess(error, 1, `${rows} x ${n} x ${k}`);
      }
    },
  );
}

for (const isa of isas) {
  for (const dtype of ["f32", "bf16"] as const) {
    nativeTest(
      `matmulGrad has the same bits on any number of threads and in chunks (${isa}, ${dtype})`,
      async () => {
        // Sums of their own per 1024 rows, a few chunks of rows, and a gradient too large to be kept several times.
        for (
          const [rows, n, k] of [[2100, 50, 70], [515, 192, 40], [
            37,
            1030,
            1100,
          ]] as const
        ) {
          const problem = { rows, n, k, dtype, scale: 0.5, bias: true };
          await using one = await Device.open({
            library: library!,
            isa,
            threads: 1,
          });
          const expected = await weightGrad(one, problem);
          for (const threads of [2, 3]) {
            await using device = await Device.open({
              library: library!,
              isa,
              threads,
            });
            assertEquals(await weightGrad(device, problem), expected);
          }
          if (rows > 256 && rows <= 1024) {
            const parts = [256, rows - 256];
            assertEquals(await weightGrad(one, problem, parts), expected);
          }
        }
      },
    );
  }
}

for (const isa of isas) {
  nativeTest(
    `a matmul of many rows has the bits of small ones on any number of threads (${isa})`,
    async () => {
      const [rows, n, k] = [1300, 40, 33];
      const x = randomFloats(rows * k, 1);
      const w = randomFloats(n * k, 2);
      const results: Float32Array[] = [];
      for (
        const [threads, step] of [[1, 50], [1, rows], [2, rows], [
          3,
          rows,
        ]] as const
      ) {
        await using device = await Device.open({
          library: library!,
          isa,
          threads,
        });
        const weight = device.weight({ dtype: "bf16", rows: n, columns: k });
        weight.writeRows(w, { dtype: "f32", rows: n });
        const input = upload(device, x);
        const residual = upload(device, randomFloats(rows * n, 3));
        const out = device.buffer(4 * rows * n);
        for (let row = 0; row < rows; row += step) {
          await runOnce(
            device,
            Int32Array.of(step),
            (encoder) =>
              encoder.matmul({
                input: input.at(4 * row * k),
                weight,
                residual: residual.at(4 * row * n),
                out: out.at(4 * row * n),
                inStride: k,
                residualStride: n,
                outStride: n,
                outCols: n,
                rowsAt: 0,
                maxRows: step,
              }),
          );
        }
        results.push(download(out, rows * n));
      }
      for (const result of results) assertEquals(result, results[0]);
    },
  );
}

onEveryIsa("matmulGrad leaves all alone for no rows", async (device) => {
  const problem: Problem = {
    rows: 4,
    n: 3,
    k: 5,
    dtype: "f32",
    scale: 1,
    bias: true,
  };
  const { dweight, dbias } = dataOf(problem);
  const target = upload(device, dweight);
  const biases = upload(device, dbias);
  await runOnce(device, Int32Array.of(0), (encoder) =>
    encoder.matmulGrad({
      dout: device.buffer(48),
      input: device.buffer(80),
      dweight: target,
      dbias: biases,
      n: 3,
      k: 5,
      doutStride: 3,
      inStride: 5,
      rowsAt: 0,
      maxRows: 4,
      dtype: 1,
      scale: 1,
    }));
  assertEquals(download(target, 15), dweight);
  assertEquals(download(biases, 3), dbias);
});
