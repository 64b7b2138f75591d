import {
  assertEquals,
  assertLess,
  assertRejects,
  assertThrows,
} from "@std/assert";
import {
  download,
  maxDifference,
  onEveryIsa,
  randomFloats,
  randomMatrix,
  runOnce,
  upload,
} from "./_fixture.ts";
import { bf16Bytes, matmul, rmsNorm, silu, toBf16 } from "./_oracle.ts";
import type { Device } from "./device.ts";
import { EngineError } from "./errors.ts";
import { SWIGLU_ROWS } from "./weight.ts";

onEveryIsa(
  "embed looks up rows exactly and leaves others alone",
  async (device) => {
    const table = randomMatrix(11, 24, { seed: 1 });
    for (const dtype of ["f32", "bf16"] as const) {
      const weight = device.weight({ dtype, rows: 11, columns: 24 });
      weight.writeRows(table.data, { dtype: "f32", rows: 11 });
      const out = device.buffer(4 * 4 * 26);
      await runOnce(
        device,
        Int32Array.of(3, 10, 0, 7, 0),
        (encoder) =>
          encoder.embed({
            weight,
            out,
            outStride: 26,
            rowsAt: 0,
            tokensAt: 1,
            maxRows: 4,
          }),
      );
      const got = download(out, 4 * 26);
      const stored = dtype === "bf16" ? table.data.map(toBf16) : table.data;
      [10, 0, 7].forEach((token, i) => {
        const expected = stored.slice(24 * token, 24 * token + 24);
        assertEquals(got.slice(26 * i, 26 * i + 24), expected);
        assertEquals([...got.slice(26 * i + 24, 26 * i + 26)], [0, 0]);
      });
      assertEquals(got.slice(78), new Float32Array(26));
    }
  },
);

onEveryIsa("embed names a token outside the vocabulary", async (device) => {
  const weight = device.weight({ dtype: "f32", rows: 5, columns: 8 });
  const out = device.buffer(64);
  for (const token of [5, -1]) {
    const error = await assertRejects(
      () =>
        runOnce(
          device,
          Int32Array.of(1, token, 0),
          (encoder) =>
            encoder.embed({
              weight,
              out,
              outStride: 8,
              rowsAt: 0,
              tokensAt: 1,
              maxRows: 2,
            }),
        ),
      EngineError,
    );
    assertEquals(error.status, "BAD_COMMAND");
  }
});

onEveryIsa("rmsNorm equals the formula, in place too", async (device) => {
  const x = randomMatrix(5, 37, { seed: 2 });
  const gain = randomFloats(37, 3);
  const expected = rmsNorm(x, { gain, eps: 1e-5 });
  const input = upload(device, x.data);
  const out = device.buffer(x.data.byteLength);
  for (const target of [out, input]) {
    await runOnce(device, Int32Array.of(5), (encoder) =>
      encoder.rmsNorm({
        input,
        gain: upload(device, gain),
        out: target,
        width: 37,
        inStride: 37,
        outStride: 37,
        rowsAt: 0,
        maxRows: 5,
        eps: 1e-5,
      }));
    assertLess(maxDifference(download(target, 5 * 37), expected.data), 2e-6);
  }
});

for (const dtype of ["f32", "bf16"] as const) {
  onEveryIsa(
    `matmul ${dtype} equals the sum of products for ragged shapes`,
    async (device) => {
      for (
        const [rows, n, k] of [[1, 1, 1], [3, 17, 5], [7, 50, 65], [
          33,
          40,
          257,
        ]] as const
      ) {
        const x = randomMatrix(rows, k, { seed: rows });
        const w = randomMatrix(n, k, { seed: n });
        const weight = device.weight({ dtype, rows: n, columns: k });
        if (dtype === "bf16") {
          weight.writeRows(bf16Bytes(w.data), { dtype, rows: n });
        } else weight.writeRows(w.data, { dtype, rows: n });
        const out = device.buffer(4 * rows * n);
        await runOnce(device, Int32Array.of(rows), (encoder) =>
          encoder.matmul({
            input: upload(device, x.data),
            weight,
            out,
            inStride: k,
            outStride: n,
            outCols: n,
            rowsAt: 0,
            maxRows: rows,
          }));
        const expected = matmul(x, w, { bf16: dtype === "bf16" });
        const got = download(out, rows * n);
        assertLess(
          maxDifference(got, expected.data),
          1e-6 * Math.sqrt(k) + 1e-7 * k,
          `${rows} x ${n} x ${k}`,
        );
      }
    },
  );

  onEveryIsa(
    `matmul ${dtype} adds bias and residual, and writes only outCols`,
    async (device) => {
      const [rows, n, k, outCols] = [4, 32, 48, 30];
      const x = randomMatrix(rows, k, { seed: 5 });
      const w = randomMatrix(n, k, { seed: 6 });
      const bias = randomFloats(n, 7);
      const residual = randomMatrix(rows, n, { seed: 8 });
      const weight = device.weight({ dtype, rows: n, columns: k });
      weight.writeRows(w.data, { dtype: "f32", rows: n });
      const inOut = upload(device, residual.data);
      await runOnce(
        device,
        Int32Array.of(rows - 1),
        (encoder) =>
          encoder.matmul({
            input: upload(device, x.data),
            weight,
            bias: upload(device, bias),
            residual: inOut,
            out: inOut,
            inStride: k,
            residualStride: n,
            outStride: n,
            outCols,
            rowsAt: 0,
            maxRows: rows,
          }),
      );
      const product = matmul(x, w, { bf16: dtype === "bf16" });
      const expected = residual.data.map((value, at) => {
        const written = at % n < outCols && at < (rows - 1) * n;
        return written ? value + product.data[at]! + bias[at % n]! : value;
      });
      assertLess(maxDifference(download(inOut, rows * n), expected), 2e-5);
    },
  );

  onEveryIsa(
    `matmul ${dtype} with SwiGLU equals silu(gate) * up`,
    async (device) => {
      const [rows, width, k] = [5, 48, 40];
      const x = randomMatrix(rows, k, { seed: 9 });
      const gate = randomMatrix(width, k, { seed: 10 });
      const up = randomMatrix(width, k, { seed: 11 });
      const weight = device.weight({ dtype, rows: 2 * width, columns: k });
      weight.writeRows(gate.data, {
        dtype: "f32",
        rows: width,
        ...SWIGLU_ROWS.gate,
      });
      weight.writeRows(up.data, {
        dtype: "f32",
        rows: width,
        ...SWIGLU_ROWS.up,
      });
      const out = device.buffer(4 * rows * width);
      await runOnce(device, Int32Array.of(rows), (encoder) =>
        encoder.matmul({
          input: upload(device, x.data),
          weight,
          out,
          inStride: k,
          outStride: width,
          outCols: width,
          rowsAt: 0,
          maxRows: rows,
          epilogue: "swiglu",
        }));
      const bf16 = dtype === "bf16";
      const u = matmul(x, up, { bf16 }).data;
      const expected = matmul(x, gate, { bf16 }).data.map((g, at) =>
        silu(g) * u[at]!
      );
      assertLess(maxDifference(download(out, rows * width), expected), 2e-5);
    },
  );
}

onEveryIsa(
  "writeRows widens f16 and bf16 exactly and rounds f32 to even",
  async (device) => {
    const read = async (
      dtype: "f32" | "bf16",
      write: (w: ReturnType<Device["weight"]>) => void,
    ) => {
      const weight = device.weight({ dtype, rows: 1, columns: 4 });
      write(weight);
      const out = device.buffer(16);
      await runOnce(device, Int32Array.of(1, 0), (encoder) =>
        encoder.embed({
          weight,
          out,
          outStride: 4,
          rowsAt: 0,
          tokensAt: 1,
          maxRows: 1,
        }));
      return [...download(out, 4)];
    };
    const half = Uint16Array.of(0x3c00, 0xc100, 0x0001, 0x7bff);
    assertEquals(
      await read("f32", (w) => w.writeRows(half, { dtype: "f16", rows: 1 })),
      [1, -2.5, 2 ** -24, 65504],
    );
    const brain = Uint16Array.of(0x3f80, 0xc020, 0x0001, 0x7f7f);
    assertEquals(
      await read("f32", (w) => w.writeRows(brain, { dtype: "bf16", rows: 1 })),
      [1, -2.5, 2 ** -133, 255 / 128 * 2 ** 127],
    );
    const ties = Float32Array.of(
      1 + 2 ** -8,
      1 + 3 * 2 ** -8,
      -1 - 2 ** -8 - 2 ** -20,
      0.1,
    );
    assertEquals(
      await read("bf16", (w) => w.writeRows(ties, { dtype: "f32", rows: 1 })),
      [...ties].map(toBf16),
    );
  },
);

onEveryIsa(
  "writeRows refuses non-finite entries and names them",
  (device) => {
    const weight = device.weight({ dtype: "f32", rows: 2, columns: 3 });
    for (const bad of [NaN, Infinity]) {
      const error = assertThrows(
        () =>
          weight.writeRows(Float32Array.of(0, 1, 2, 3, bad, 5), {
            dtype: "f32",
            rows: 2,
          }),
        EngineError,
        "row 1",
      );
      assertEquals([error.status, error.where], [
        "NUMERIC",
        "dllm_weight_write",
      ]);
    }
  },
);
