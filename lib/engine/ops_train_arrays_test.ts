import {
  assertAlmostEquals,
  assertEquals,
  assertLess,
  assertRejects,
} from "@std/assert";
import {
  download,
  maxDifference,
  onEveryIsa,
  randomFloats,
  runOnce,
  upload,
} from "./_fixture.ts";
import type { DeviceBuffer } from "./buffer.ts";
import type { Device } from "./device.ts";
import type { CommandEncoder } from "./encoder.ts";
import { EngineError } from "./errors.ts";

const NO_WORDS = new Int32Array(0);

/** Sizes below, at and beyond vectors and the chunks that threads share. */
const COUNTS = [1, 7, 16, 33, 32_768, 70_001];

/** The sum of squares of a buffer's first elements. */
async function sumSquares(
  device: Device,
  src: DeviceBuffer,
  count: number,
): Promise<number> {
  using out = device.buffer(8);
  await runOnce(
    device,
    NO_WORDS,
    (encoder) => encoder.sumSquares({ src, out, count }),
  );
  return out.read(new Float64Array(1))[0]!;
}

onEveryIsa("fill sets its elements and no other", async (device) => {
  for (const count of COUNTS) {
    const before = randomFloats(count + 3, count);
    using dst = upload(device, before);
    await runOnce(device, NO_WORDS, (encoder) =>
      encoder.fill({
        dst: { id: dst.id, offset: 8 },
        count,
        value: -2.5,
      }));
    const expected = before.slice();
    expected.fill(-2.5, 2, 2 + count);
    assertEquals(download(dst, count + 3), expected);
  }
});

onEveryIsa("sumSquares adds up in f64", async (device) => {
  for (const count of COUNTS) {
    const data = randomFloats(count, count).map((x) => 100 * x);
    using src = upload(device, data);
    const want = data.reduce((sum, x) => sum + x * x, 0);
    assertAlmostEquals(
      await sumSquares(device, src, count),
      want,
      1e-12 * want,
    );
  }
  // Squares beyond and below f32 count as well.
  using src = upload(device, Float32Array.of(1e30, 1e-30, 3));
  assertAlmostEquals(await sumSquares(device, src, 3) / 1e60, 1, 1e-6);
  using tiny = upload(device, Float32Array.of(1e-30));
  assertAlmostEquals(await sumSquares(device, tiny, 1) * 1e60, 1, 1e-6);
});

onEveryIsa("sumSquares names an element that is not finite", async (device) => {
  for (const [at, bad] of [[0, NaN], [40_000, Infinity]] as const) {
    const data = new Float32Array(50_000).fill(1);
    data[at] = bad;
    using src = upload(device, data);
    const error = await assertRejects(
      () => sumSquares(device, src, 50_000),
      EngineError,
      `src[${at}]`,
    );
    assertEquals(error.status, "NUMERIC");
  }
});

onEveryIsa("lerp moves by a part of the way", async (device) => {
  for (const count of COUNTS) {
    const [from, to] = [randomFloats(count, 1), randomFloats(count, 2)];
    using src = upload(device, to);
    for (const t of [0, 0.125, 1]) {
      using dst = upload(device, from);
      await runOnce(
        device,
        new Int32Array(Float32Array.of(t).buffer),
        (encoder) => encoder.lerp({ src, dst, count, tAt: 0 }),
      );
      const want = from.map((x, i) => x + t * (to[i]! - x));
      assertLess(maxDifference(download(dst, count), want), 2e-7);
    }
  }
});

onEveryIsa("lerp refuses a part outside of 0 to 1", async (device) => {
  using src = upload(device, randomFloats(4, 1));
  using dst = upload(device, randomFloats(4, 2));
  for (const t of [-0.1, 1.1, NaN]) {
    const error = await assertRejects(
      () =>
        runOnce(
          device,
          new Int32Array(Float32Array.of(t).buffer),
          (encoder) => encoder.lerp({ src, dst, count: 4, tAt: 0 }),
        ),
      EngineError,
      "word[0] (t_at)",
    );
    assertEquals(error.status, "BAD_COMMAND");
  }
});

onEveryIsa(
  "regions that overlap, are empty or do not fit are refused",
  async (device) => {
    using a = device.buffer(64);
    using b = device.buffer(64);
    const half = { id: a.id, offset: 16 };
    const refused: [string, (encoder: CommandEncoder) => void][] = [
      ["count", (e) => e.fill({ dst: a, count: 0, value: 0 })],
      ["fit", (e) => e.fill({ dst: a, count: 17, value: 0 })],
      ["fit", (e) => e.fill({ dst: a, count: 2 ** 52, value: 0 })],
      ["fit", (e) => e.sumSquares({ src: a, out: b, count: 17 })],
      ["overlap", (e) => e.sumSquares({ src: a, out: half, count: 8 })],
      ["overlap", (e) => e.lerp({ src: a, dst: half, count: 8, tAt: 0 })],
      ["count", (e) => e.lerp({ src: a, dst: b, count: 0, tAt: 0 })],
      ["fit", (e) => e.lerp({ src: a, dst: b, count: 4, tAt: 9 })],
      [
        "overlap",
        (e) =>
          e.adamw({
            param: a,
            grad: b,
            moment1: half,
            moment2: { id: b.id, offset: 32 },
            normSquared: { id: b.id, offset: 56 },
            count: 5,
            wordsAt: 0,
            decay: 0,
          }),
      ],
    ];
    for (const [text, record] of refused) {
      const error = await assertRejects(
        () => runOnce(device, new Int32Array(7), record),
        EngineError,
        text,
      );
      assertEquals(error.status, "BAD_COMMAND");
    }
  },
);
