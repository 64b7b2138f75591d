import { assertEquals, assertLess, assertRejects } from "@std/assert";
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
import { silu } from "./_oracle.ts";
import { Device } from "./device.ts";
import { EngineError } from "./errors.ts";
import type { OpOptions } from "./ops.ts";

const ROWS = 5;
const WIDTH = 37;
const IN_STRIDE = 2 * WIDTH + 3;
const DOUT_STRIDE = WIDTH + 1;

/** Gates from -110 to 110, beyond where exponentials leave f32; ups and gradients of order 1. */
function data(): { input: Float32Array; dout: Float32Array } {
  const input = randomFloats(ROWS * IN_STRIDE, 1).map((x, at) => {
    const [row, column] = [Math.floor(at / IN_STRIDE), at % IN_STRIDE];
    return column < WIDTH ? x * [1, 5, 20, 110, 0][row]! : x;
  });
  return { input, dout: randomFloats(ROWS * DOUT_STRIDE, 2) };
}

/** Each element of `[ROWS, WIDTH]`, from gate, up and gradient. */
function expected(f: (gate: number, up: number, dout: number) => number) {
  const { input, dout } = data();
  return new Float64Array(ROWS * WIDTH).map((_, at) => {
    const [row, j] = [Math.floor(at / WIDTH), at % WIDTH];
    return f(
      input[row * IN_STRIDE + j]!,
      input[row * IN_STRIDE + WIDTH + j]!,
      dout[row * DOUT_STRIDE + j]!,
    );
  });
}

/** Elements `[row, first + j]` of rows that are `stride` apart. */
function columns(all: Float32Array, stride: number, first = 0): Float32Array {
  return new Float32Array(ROWS * WIDTH).map((_, at) =>
    all[Math.floor(at / WIDTH) * stride + first + at % WIDTH]!
  );
}

/** Largest difference relative to the wanted value, tiny ones apart. */
function worst(got: Float32Array, wanted: Float64Array): number {
  return got.reduce((most, x, at) => {
    const error = Math.abs(x - wanted[at]!) / (Math.abs(wanted[at]!) + 1e-29);
    return error <= most ? most : error;
  }, 0);
}

const logistic = (x: number) => 1 / (1 + Math.exp(-x));
const slope = (x: number) => logistic(x) * (1 + x * logistic(-x));

const forward = (device: Device): OpOptions["swiglu"] => ({
  input: upload(device, data().input),
  out: device.buffer(4 * ROWS * DOUT_STRIDE),
  width: WIDTH,
  inStride: IN_STRIDE,
  outStride: DOUT_STRIDE,
  rowsAt: 0,
  maxRows: ROWS,
});

const backward = (device: Device): OpOptions["swigluGrad"] => ({
  input: upload(device, data().input),
  dout: upload(device, data().dout),
  din: device.buffer(4 * ROWS * (2 * WIDTH + 2)),
  width: WIDTH,
  inStride: IN_STRIDE,
  doutStride: DOUT_STRIDE,
  dinStride: 2 * WIDTH + 2,
  rowsAt: 0,
  maxRows: ROWS,
});

onEveryIsa("swiglu equals silu(gate) * up", async (device) => {
  const out = device.buffer(4 * ROWS * DOUT_STRIDE);
  await runOnce(
    device,
    Int32Array.of(ROWS),
    (encoder) => encoder.swiglu({ ...forward(device), out }),
  );
  const all = download(out, ROWS * DOUT_STRIDE);
  const wanted = expected((gate, up) => silu(gate) * up);
  assertLess(worst(columns(all, DOUT_STRIDE), wanted), 1e-6);
  assertEquals(
    all.filter((_, at) => at % DOUT_STRIDE === WIDTH),
    new Float32Array(ROWS),
  );
});

onEveryIsa(
  "swigluGrad equals the derivatives, in place too",
  async (device) => {
    const separate = device.buffer(4 * ROWS * IN_STRIDE);
    const input = upload(device, data().input);
    for (const din of [separate, input]) {
      await runOnce(
        device,
        Int32Array.of(ROWS),
        (encoder) =>
          encoder.swigluGrad({
            ...backward(device),
            input,
            din,
            dinStride: IN_STRIDE,
          }),
      );
      const all = download(din, ROWS * IN_STRIDE);
      const dup = expected((gate, _, dout) => dout * silu(gate));
      const dgate = expected((gate, up, dout) => dout * up * slope(gate));
      assertLess(worst(columns(all, IN_STRIDE, WIDTH), dup), 1e-6);
      // The slope has a zero near -1.28: its error there is relative to its terms.
      const got = columns(all, IN_STRIDE).map((x, at) => x - dgate[at]!);
      const terms = expected((gate, up, dout) =>
        Math.abs(dout * up) * logistic(gate) *
        (1 + Math.abs(gate) * logistic(-gate))
      );
      assertLess(
        got.reduce((most, x, at) => {
          const error = Math.abs(x) / (terms[at]! + 1e-29);
          return error <= most ? most : error;
        }, 0),
        1e-6,
      );
    }
  },
);

nativeTest("the derivatives are those of swiglu by finite differences", () => {
  for (const gate of [-30, -4, -1.28, -0.1, 0, 0.3, 2, 25]) {
    const step = 1e-5;
    const difference = (silu(gate + step) - silu(gate - step)) / (2 * step);
    assertLess(Math.abs(slope(gate) - difference), 1e-9);
  }
});

nativeTest("swiglu has the same bits on 1, 2 and 3 threads", async () => {
  for (const isa of isas) {
    const results: Float32Array[][] = [];
    for (const threads of [1, 2, 3]) {
      await using device = await Device.open({
        library: library!,
        isa,
        threads,
      });
      const [out, din] = [
        device.buffer(4 * ROWS * DOUT_STRIDE),
        device.buffer(4 * ROWS * (2 * WIDTH + 2)),
      ];
      await runOnce(device, Int32Array.of(ROWS), (encoder) => {
        encoder.swiglu({ ...forward(device), out });
        encoder.swigluGrad({ ...backward(device), din });
      });
      results.push([
        download(out, ROWS * DOUT_STRIDE),
        download(din, ROWS * (2 * WIDTH + 2)),
      ]);
    }
    assertEquals(results[1], results[0]);
    assertEquals(results[2], results[0]);
  }
});

nativeTest(
  "swiglu and its gradient refuse bad sizes and overlaps",
  async () => {
    using device = await Device.open({ library: library!, threads: 1 });
    const shared = device.buffer(4096);
    const rejects = async (run: () => Promise<void>, what: unknown) => {
      const error = await assertRejects(run, EngineError);
      assertEquals(error.status, "BAD_COMMAND", Deno.inspect(what));
    };
    const runForward = (options: Partial<OpOptions["swiglu"]>, rows = ROWS) =>
      runOnce(
        device,
        Int32Array.of(rows),
        (encoder) => encoder.swiglu({ ...forward(device), ...options }),
      );
    const runBackward = (
      options: Partial<OpOptions["swigluGrad"]>,
      rows = ROWS,
    ) =>
      runOnce(
        device,
        Int32Array.of(rows),
        (encoder) => encoder.swigluGrad({ ...backward(device), ...options }),
      );
    await runForward({});
    await runBackward({});
    const sizes = [
      { width: 0 },
      { width: 2 ** 31 },
      { maxRows: 0 },
      { maxRows: 999 },
      { inStride: 2 * WIDTH - 1 },
      { rowsAt: 1 },
    ];
    for (
      const options of [...sizes, { outStride: WIDTH - 1 }, {
        input: shared,
        out: shared,
      }]
    ) {
      await rejects(() => runForward(options), options);
    }
    for (
      const options of [
        ...sizes,
        { doutStride: WIDTH - 1 },
        { dinStride: 2 * WIDTH - 1 },
        { dout: shared, din: shared },
        { input: shared, din: shared.at(4), dinStride: IN_STRIDE },
        { input: shared, din: shared },
      ]
    ) {
      await rejects(() => runBackward(options), options);
    }
    await rejects(() => runForward({}, ROWS + 1), "rows");
    await rejects(() => runBackward({}, ROWS + 1), "rows");
  },
);
