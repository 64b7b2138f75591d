import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { library, nativeTest, randomFloats, upload } from "./_fixture.ts";
import { UNNOTICED_MILLISECONDS } from "./_event_loop.ts";
import { Device } from "./device.ts";
import { CommandEncoder } from "./encoder.ts";
import { EngineError } from "./errors.ts";
import { HEADER_BYTES } from "./ops.ts";

function open(): Promise<Device> {
  return Device.open({ library: library!, threads: 2 });
}

/** Normalises up to 4 rows of 8 and returns them. */
function record(device: Device, source: Float32Array): Uint8Array<ArrayBuffer> {
  const out = device.buffer(4 * 32);
  const params = device.buffer(8);
  const encoder = new CommandEncoder({ params, output: out });
  encoder.rmsNorm({
    input: upload(device, source),
    gain: upload(device, new Float32Array(8).fill(1)),
    out,
    width: 8,
    inStride: 8,
    outStride: 8,
    rowsAt: 0,
    maxRows: 4,
    eps: 1e-6,
  });
  return encoder.finish();
}

nativeTest(
  "a plan and a submit give the same bytes, run after run",
  async () => {
    using device = await open();
    const commands = record(device, randomFloats(32, 1));
    const plan = device.plan(commands);
    const params = Int32Array.of(4);
    const expected = new Uint8Array(128);
    await device.submit(commands, { params, out: expected });
    assert(expected.some((byte) => byte !== 0));
    for (const blocking of [true, false]) {
      const out = new Uint8Array(128);
      await plan.run(params, out, { blocking });
      assertEquals(out, expected);
      await device.submit(commands, { params, out: out.fill(0), blocking });
      assertEquals(out, expected);
    }
  },
);

nativeTest(
  "concurrent submits keep to their own parameters and results",
  async () => {
    await using device = await open();
    const plan = device.plan(record(device, randomFloats(32, 2)));
    const all = new Uint8Array(128);
    await plan.run(Int32Array.of(4), all);
    await using other = await open();
    const twin = other.plan(record(other, randomFloats(32, 2)));
    const outs = Array.from({ length: 60 }, () => new Uint8Array(128));
    await Promise.all(
      outs.map((out, i) =>
        (i % 3 === 0 ? twin : plan).run(Int32Array.of(4), out, {
          blocking: i % 5 === 0,
        })
      ),
    );
    for (const out of outs) {
      assertEquals(out, all);
    }
  },
);

nativeTest("runs of one device happen in the order of the calls", async () => {
  await using device = await open();
  const source = randomFloats(32, 3);
  const plan = device.plan(record(device, source));
  const order: number[] = [];
  const ways = [
    { blocking: false },
    { blocking: true },
    { expectedMicroseconds: 1000 * UNNOTICED_MILLISECONDS },
  ];
  await Promise.all([0, 1, 2, 3, 4, 5, 6, 7, 8].map(async (i) => {
    await plan.run(Int32Array.of(4), new Uint8Array(128), ways[i % 3]);
    order.push(i);
  }));
  assertEquals(order, [0, 1, 2, 3, 4, 5, 6, 7, 8]);
});

nativeTest(
  "row counts beyond the recorded maximum are refused, and the device works on",
  async () => {
    using device = await open();
    const plan = device.plan(record(device, randomFloats(32, 4)));
    for (const rows of [5, -1, 2 ** 31 - 1]) {
      for (const blocking of [true, false]) {
        const error = await assertRejects(
          () => plan.run(Int32Array.of(rows), new Uint8Array(0), { blocking }),
          EngineError,
          "record 0 (RMS_NORM)",
        );
        assertEquals([error.status, error.where], [
          "BAD_COMMAND",
          "dllm_plan_run",
        ]);
      }
    }
    await plan.run(Int32Array.of(0), new Uint8Array(0));
  },
);

nativeTest("parameters and results that do not fit are refused", async () => {
  using device = await open();
  const plan = device.plan(record(device, randomFloats(32, 5)));
  await assertRejects(
    () => plan.run(new Int32Array(3), new Uint8Array(0)),
    EngineError,
  );
  await assertRejects(
    () => plan.run(Int32Array.of(4), new Uint8Array(129)),
    EngineError,
  );
});

nativeTest("every truncation of a command buffer is refused", async () => {
  using device = await open();
  const commands = record(device, randomFloats(32, 6));
  for (let length = 0; length < commands.length; length++) {
    const error = assertThrows(
      () => device.plan(commands.subarray(0, length)),
      EngineError,
    );
    assertEquals(error.status, "BAD_COMMAND", `${length} bytes`);
  }
  device.plan(commands).destroy();
});

nativeTest("a command buffer that lies about itself is refused", async () => {
  using device = await open();
  const good = record(device, randomFloats(32, 7));
  const lies: Record<string, [at: number, word: number]> = {
    "magic": [0, 1],
    "ABI": [4, 999],
    "too many records": [8, 2],
    "too few records": [8, 0],
    "op code 0": [HEADER_BYTES, 0],
    "op code 99": [HEADER_BYTES, 99],
    "no length": [HEADER_BYTES + 4, 0],
    "odd length": [HEADER_BYTES + 4, 81],
    "long length": [HEADER_BYTES + 4, 4096],
  };
  for (const [what, [at, word]] of Object.entries(lies)) {
    const bad = good.slice();
    new DataView(bad.buffer).setUint32(at, word, true);
    const error = assertThrows(() => device.plan(bad), EngineError);
    assertEquals(error.status, "BAD_COMMAND", what);
    await assertRejects(() => device.submit(bad), EngineError);
  }
});

nativeTest(
  "regions that leave their buffer or overlap are refused",
  async () => {
    using device = await open();
    const params = device.buffer(8);
    const small = device.buffer(4 * 31);
    const gain = upload(device, new Float32Array(8));
    const norm = (options: object) => () => {
      const encoder = new CommandEncoder({ params });
      encoder.rmsNorm({
        input: device.buffer(128),
        gain,
        out: device.buffer(128),
        width: 8,
        inStride: 8,
        outStride: 8,
        rowsAt: 0,
        maxRows: 4,
        eps: 1e-6,
        ...options,
      });
      device.plan(encoder.finish());
    };
    norm({})();
    const shared = device.buffer(256);
    const bad: Record<string, object> = {
      "input too small": { input: small },
      "offset outside": { input: { id: shared.id, offset: 132 } },
      "offset not a multiple of 4": { input: { id: shared.id, offset: 2 } },
      "stride below the width": { inStride: 7 },
      "parameter word outside": { rowsAt: 2 },
      "partly overlapping": { input: shared, out: shared.at(32) },
      "no rows at all": { maxRows: 0 },
    };
    for (const [what, options] of Object.entries(bad)) {
      const error = assertThrows(norm(options), EngineError);
      assertEquals(error.status, "BAD_COMMAND", what);
    }
  },
);
