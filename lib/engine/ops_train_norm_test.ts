import { assertEquals, assertLess, assertRejects } from "@std/assert";
import {
  download,
  isas,
  library,
  maxDifference,
  nativeTest,
  onEveryIsa,
  randomFloats,
  runOnce,
  upload,
} from "./_fixture.ts";
import {
  centralDifferences,
  inner,
  normBackward,
  type NormCase,
  normForward,
} from "./_gradient_oracle.ts";
import type { DeviceBuffer } from "./buffer.ts";
import { Device } from "./device.ts";
import { EngineError } from "./errors.ts";

/** An RMS norm, the gradient that flows into it, and what the gradients are added to. */
interface NormRun extends NormCase {
  readonly input: Float32Array;
  readonly gain: Float32Array;
  readonly dout: Float32Array;
  readonly din: Float32Array;
  readonly dgain: Float32Array;
  readonly withGain: boolean;
}

function normRun(rows: number, width: number, seed: number): NormRun {
  return {
    input: randomFloats(rows * width, seed),
    gain: randomFloats(width, seed + 1),
    dout: randomFloats(rows * width, seed + 2),
    din: randomFloats(rows * width, seed + 3),
    dgain: randomFloats(width, seed + 4),
    width,
    eps: 1e-5,
    withGain: true,
  };
}

async function nativeNormGrad(
  device: Device,
  given: NormRun,
): Promise<Record<"din" | "dgain", Float32Array>> {
  const { width } = given;
  const rows = given.input.length / width;
  const stride = width + 2;
  const wide = (data: Float32Array): DeviceBuffer => {
    const spread = new Float32Array((rows + 1) * stride).fill(9);
    for (let i = 0; i < rows; i++) {
      spread.set(data.subarray(i * width, (i + 1) * width), i * stride);
    }
    return upload(device, spread);
  };
  const din = wide(given.din);
  const dgain = upload(device, given.dgain);
  await runOnce(device, Int32Array.of(rows), (encoder) =>
    encoder.rmsNormGrad({
      input: wide(given.input),
      gain: upload(device, given.gain),
      dout: wide(given.dout),
      din,
      ...(given.withGain ? { dgain } : {}),
      width,
      inStride: stride,
      doutStride: stride,
      dinStride: stride,
      rowsAt: 0,
      maxRows: rows + 1,
      eps: given.eps,
    }));
  const all = download(din, (rows + 1) * stride);
  const narrow = new Float32Array(rows * width);
  for (let i = 0; i < rows; i++) {
    narrow.set(all.subarray(i * stride, i * stride + width), i * width);
    const gap = all.slice(i * stride + width, (i + 1) * stride);
    assertEquals([...gap], [9, 9]);
  }
  assertEquals(all.slice(rows * stride), new Float32Array(stride).fill(9));
  return { din: narrow, dgain: download(dgain, width) };
}

const plus = (a: ArrayLike<number>, b: ArrayLike<number>): Float64Array =>
  Float64Array.from(a, (x, i) => x + b[i]!);

onEveryIsa(
  "rmsNormGrad adds the central differences of the forward",
  async (device) => {
    const given = normRun(3, 11, 1);
    const got = await nativeNormGrad(device, given);
    const loss = (moved: Partial<NormCase>) =>
      inner(given.dout, normForward({ ...given, ...moved }));
    const din = centralDifferences(given.input, (input) => loss({ input }));
    const dgain = centralDifferences(given.gain, (gain) => loss({ gain }));
    const oracle = normBackward(given, given.dout);
    assertLess(maxDifference(oracle.din, din), 1e-8);
    assertLess(maxDifference(oracle.dgain, dgain), 1e-8);
    assertLess(maxDifference(got.din, plus(given.din, din)), 2e-6);
    assertLess(maxDifference(got.dgain, plus(given.dgain, dgain)), 2e-6);
  },
);

onEveryIsa(
  "rmsNormGrad of any shape adds the oracle's gradients",
  async (device) => {
    for (const width of [1, 5, 8, 16, 31, 192, 896]) {
      for (const rows of [1, 64, 150]) {
        const given = normRun(rows, width, width + rows);
        const got = await nativeNormGrad(device, given);
        const expected = normBackward(given, given.dout);
        const what = `${rows} rows of ${width}`;
        const largest = expected.din.reduce(
          (most, x) => Math.max(most, Math.abs(x)),
          1,
        );
        const din = plus(given.din, expected.din);
        const dgain = plus(given.dgain, expected.dgain);
        assertLess(maxDifference(got.din, din), 3e-6 * largest, what);
        assertLess(maxDifference(got.dgain, dgain), 5e-5, what);
        const without = await nativeNormGrad(device, {
          ...given,
          withGain: false,
        });
        assertEquals(without.din, got.din);
        assertEquals(without.dgain, given.dgain);
      }
    }
  },
);

nativeTest(
  "rmsNormGrad gives the same bits on any number of threads",
  async () => {
    const given = normRun(500, 192, 7);
    for (const isa of isas) {
      const run = async (threads: number) => {
        using device = await Device.open({ library: library!, isa, threads });
        return await nativeNormGrad(device, given);
      };
      const one = await run(1);
      for (const threads of [2, 3, 5]) assertEquals(await run(threads), one);
    }
  },
);

onEveryIsa("rmsNormGrad refuses what is out of range", async (device) => {
  const shape = { inStride: 8, doutStride: 8, dinStride: 8, maxRows: 2 };
  const run = (own: Record<string, unknown>, rows = 2) =>
    runOnce(device, Int32Array.of(rows), (encoder) => {
      encoder.rmsNormGrad({
        input: device.buffer(64),
        gain: device.buffer(32),
        dout: device.buffer(64),
        din: device.buffer(64),
        dgain: device.buffer(32),
        width: 8,
        eps: 1e-6,
        rowsAt: 0,
        ...shape,
        ...own,
      });
    });
  await run({});
  const shared = device.buffer(64);
  const bad: [Record<string, unknown>, number, string][] = [
    [{}, 3, "rows_at"],
    [{ eps: -1 }, 2, "eps"],
    [{ width: 0 }, 2, "width"],
    [{ maxRows: 3 }, 2, "wanted to fit"],
    [{ dgain: device.buffer(28) }, 2, "dgain"],
    [{ input: shared, din: shared }, 2, "overlap"],
    [{ dout: shared, din: shared }, 2, "overlap"],
  ];
  for (const [own, rows, text] of bad) {
    const error = await assertRejects(
      () => run(own, rows),
      EngineError,
      text,
    );
    assertEquals(error.status, "BAD_COMMAND", text);
  }
});
