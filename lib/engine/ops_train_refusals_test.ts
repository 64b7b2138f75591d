/** What packing and the gradients of weights refuse. */
import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { library, nativeTest, runOnce } from "./_fixture.ts";
import { Device } from "./device.ts";
import { CommandEncoder } from "./encoder.ts";
import { EngineError } from "./errors.ts";
import type { OpOptions } from "./ops.ts";
import type { Weight } from "./weight.ts";

nativeTest("pack refuses what does not fit its weight", async () => {
  using device = await Device.open({ library: library!, threads: 1 });
  const weight = device.weight({ dtype: "f32", rows: 6, columns: 4 });
  const good = {
    weight,
    src: device.buffer(4 * 24),
    rows: 6,
    cols: 4,
    srcStride: 4,
    transpose: 0,
    scale: 1,
  };
  const run = (options: Partial<OpOptions["pack"]>) =>
    runOnce(
      device,
      Int32Array.of(0),
      (encoder) => encoder.pack({ ...good, ...options }),
    );
  await run({});
  for (
    const bad of [
      { rows: 5 },
      { cols: 3 },
      { rows: 4, cols: 6, srcStride: 6 },
      { transpose: 1 },
      { transpose: 2 },
      { srcStride: 3 },
      { srcStride: 5 },
    ]
  ) {
    const error = await assertRejects(() => run(bad), EngineError);
    assertEquals(error.status, "BAD_COMMAND", Deno.inspect(bad));
  }
  const gone = device.weight({ dtype: "f32", rows: 6, columns: 4 });
  const { id } = gone;
  gone.destroy();
  const error = await assertRejects(
    () => run({ weight: { id } as Weight }),
    EngineError,
  );
  assertEquals(error.status, "BAD_HANDLE");
});

nativeTest("matmulGrad refuses bad sizes, types and overlaps", async () => {
  using device = await Device.open({ library: library!, threads: 1 });
  const dout = device.buffer(4 * 8 * 3);
  const dweight = device.buffer(4 * 15);
  const good = {
    dout,
    input: device.buffer(4 * 8 * 5),
    dweight,
    n: 3,
    k: 5,
    doutStride: 3,
    inStride: 5,
    rowsAt: 0,
    maxRows: 8,
    dtype: 1,
    scale: 1,
  };
  const run = (options: Partial<OpOptions["matmulGrad"]>, rows = 8) =>
    runOnce(
      device,
      Int32Array.of(rows),
      (encoder) => encoder.matmulGrad({ ...good, ...options }),
    );
  await run({});
  await run({ input: dout, k: 3, inStride: 3 });
  const bad: readonly Partial<OpOptions["matmulGrad"]>[] = [
    { n: 0 },
    { k: 0 },
    { maxRows: 0 },
    { maxRows: 9 },
    { dtype: 0 },
    { dtype: 3 },
    { doutStride: 2 },
    { inStride: 4 },
    { n: 2 ** 32 - 1, doutStride: 2 ** 32 - 1 },
    { k: 6, inStride: 6 },
    { rowsAt: 1 },
    { dweight: dout },
    { dbias: dweight.at(8) },
    { dbias: dout.at(4) },
    { dbias: dweight.at(4 * 13) },
  ];
  for (const options of bad) {
    const error = await assertRejects(() => run(options), EngineError);
    assertEquals(error.status, "BAD_COMMAND", Deno.inspect(options));
  }
  const error = await assertRejects(
    () => run({}, 9),
    EngineError,
    "record 0 (MATMUL_GRAD)",
  );
  assertEquals(error.status, "BAD_COMMAND");
});

/** The command buffer with one f32 word, which stands in it once, replaced by another. */
function patched(
  commands: Uint8Array<ArrayBuffer>,
  [from, to]: readonly [number, number],
): Uint8Array<ArrayBuffer> {
  const words = new Float32Array(commands.slice().buffer);
  const at = words.indexOf(Math.fround(from));
  assertEquals(words.lastIndexOf(Math.fround(from)), at);
  words[at] = to;
  return new Uint8Array(words.buffer);
}

nativeTest(
  "pack and matmulGrad refuse a scale that is not finite",
  async () => {
    using device = await Device.open({ library: library!, threads: 1 });
    const params = device.buffer(4);
    const scale = 0.123;
    const pack = new CommandEncoder({ params });
    pack.pack({
      weight: device.weight({ dtype: "f32", rows: 6, columns: 4 }),
      src: device.buffer(96),
      rows: 6,
      cols: 4,
      srcStride: 4,
      transpose: 0,
      scale,
    });
    const grad = new CommandEncoder({ params });
    grad.matmulGrad({
      dout: device.buffer(12),
      input: device.buffer(20),
      dweight: device.buffer(60),
      n: 3,
      k: 5,
      doutStride: 3,
      inStride: 5,
      rowsAt: 0,
      maxRows: 1,
      dtype: 1,
      scale,
    });
    for (const commands of [pack.finish(), grad.finish()]) {
      device.plan(patched(commands, [scale, 2])).destroy();
      for (const bad of [NaN, Infinity]) {
        assertThrows(
          () => device.plan(patched(commands, [scale, bad])),
          EngineError,
          "wanted a finite number",
        );
      }
    }
  },
);
