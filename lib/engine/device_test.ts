import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertGreater,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { isas, library, nativeTest, onEveryIsa } from "./_fixture.ts";
import { leakReport } from "./_leaks.ts";
import { Device, type DeviceOptions } from "./device.ts";
import { CommandEncoder } from "./encoder.ts";
import { EngineError, LifetimeError } from "./errors.ts";

function open(options: DeviceOptions = {}): Promise<Device> {
  return Device.open({ library: library!, threads: 2, ...options });
}

/** A plan that multiplies 512 rows by a 768 x 768 weight: milliseconds of work. */
function slowPlan(device: Device) {
  const [rows, width] = [512, 768];
  const params = device.buffer(4);
  const weight = device.weight({ dtype: "f32", rows: width, columns: width });
  const encoder = new CommandEncoder({ params });
  for (let i = 0; i < 4; i++) {
    encoder.matmul({
      input: device.buffer(4 * rows * width),
      weight,
      out: device.buffer(4 * rows * width),
      inStride: width,
      outStride: width,
      outCols: width,
      rowsAt: 0,
      maxRows: rows,
    });
  }
  const plan = device.plan(encoder.finish());
  const run = (blocking = false) =>
    plan.run(Int32Array.of(rows), new Uint8Array(0), { blocking });
  return { plan, run };
}

onEveryIsa(
  "Device.info names the instruction set, the threads and the memory held",
  (device) => {
    const { backend, isa, threads, bytes } = device.info;
    assertEquals([backend, threads, bytes], ["cpu", 2, 0]);
    assert((isas as string[]).includes(isa));
    const buffer = device.buffer(1000);
    assertGreater(device.info.bytes, 999);
    buffer.destroy();
    assertEquals(device.info.bytes, 0);
  },
);

nativeTest(
  "Device.open() refuses thread counts and instruction sets that do not exist",
  async () => {
    for (const threads of [-1, 257, 1.5, NaN]) {
      await assertRejects(
        () => open({ threads }),
        RangeError,
        `threads is ${threads}`,
      );
    }
    await assertRejects(
      () => open({ isa: "mmx" as "scalar" }),
      RangeError,
      "want one of best, scalar",
    );
    const foreign = Deno.build.arch === "x86_64" ? "neon" : "avx2";
    const error = await assertRejects(
      () => open({ isa: foreign }),
      EngineError,
      foreign,
    );
    assertEquals([error.status, error.where], [
      "UNSUPPORTED",
      "dllm_device_open",
    ]);
  },
);

nativeTest("Device.peak() measures a positive ceiling", async () => {
  using device = await open();
  for (const dtype of ["f32", "bf16"] as const) {
    assertGreater(device.peak(dtype, { seconds: 0.01 }), 0);
  }
});

nativeTest(
  "DeviceBuffer is zero at first, keeps what is written, and refuses what lies outside",
  async () => {
    using device = await open();
    const buffer = device.buffer(16);
    assertEquals(buffer.read(new Uint8Array(16)), new Uint8Array(16));
    buffer.write(Float32Array.of(1, 2).subarray(1), { offset: 4 });
    assertEquals([...buffer.read(new Float32Array(2), { offset: 4 })], [2, 0]);
    for (const offset of [12, 4096, Number.MAX_SAFE_INTEGER]) {
      const error = assertThrows(
        () => buffer.write(new Float64Array(1), { offset }),
        EngineError,
      );
      assertEquals(error.status, "INVALID_ARGUMENT");
      assertThrows(
        () => buffer.read(new Float64Array(1), { offset }),
        EngineError,
      );
    }
    assertThrows(
      () => buffer.write(new Uint8Array(1), { offset: -4 }),
      RangeError,
      "offset is -4",
    );
    assertThrows(() => device.buffer(1.5), RangeError, "bytes is 1.5");
    assertThrows(() => device.buffer(2 ** 52), EngineError, "INVALID_ARGUMENT");
  },
);

nativeTest("Weight refuses shapes and writes out of range", async () => {
  using device = await open();
  assertThrows(
    () => device.weight({ dtype: "f32", rows: 0, columns: 4 }),
    EngineError,
  );
  const weight = device.weight({ dtype: "bf16", rows: 4, columns: 4 });
  const row = new Float32Array(4);
  const write = (rowBegin: number, source: ArrayBufferView = row) =>
    weight.writeRows(source, { dtype: "f32", rows: 1, rowBegin });
  write(3);
  for (const bad of [() => write(4), () => write(0, row.subarray(1))]) {
    assertEquals(assertThrows(bad, EngineError).status, "INVALID_ARGUMENT");
  }
});

nativeTest("closing a device ends everything on it, once", async () => {
  const device = await open();
  const buffer = device.buffer(16);
  const { plan, run } = slowPlan(device);
  device.close();
  device.close();
  assertThrows(
    () => buffer.read(new Uint8Array(4)),
    LifetimeError,
    "its device is closed",
  );
  assertThrows(() => plan.id, LifetimeError, "its device is closed");
  assertThrows(() => device.info, LifetimeError, "it is closed");
  assertThrows(() => device.buffer(4), LifetimeError, "Device.open()");
  buffer.destroy();
  await assertRejects(() => run(), LifetimeError);
  await assertRejects(() => device.submit(new Uint8Array(40)), LifetimeError);
});

nativeTest(
  "a destroyed buffer is refused by name, and by the library where an id is kept",
  async () => {
    using device = await open();
    const buffer = device.buffer(16);
    const { id } = buffer;
    buffer.destroy();
    buffer.destroy();
    assertThrows(
      () => buffer.at(4),
      LifetimeError,
      "buffer of 16 bytes: it was destroyed",
    );
    for (const params of [{ id }, { id: 0n }, { id: 2n ** 64n - 1n }]) {
      const bytes = new CommandEncoder({ params }).finish();
      const error = await assertRejects(
        () => device.submit(bytes),
        EngineError,
      );
      assertEquals(error.status, "BAD_HANDLE");
    }
  },
);

nativeTest("a buffer of one device is unknown to another", async () => {
  using one = await open();
  using other = await open();
  const bytes = new CommandEncoder({ params: one.buffer(16) }).finish();
  const error = await assertRejects(() => other.submit(bytes), EngineError);
  assertEquals(error.status, "BAD_HANDLE");
});

nativeTest(
  "Device.close() refuses while a run is in flight, closeAsync() waits for it",
  async () => {
    const device = await open();
    const runs = [slowPlan(device).run(), slowPlan(device).run()];
    assertEquals(device.inFlight, 2);
    assertThrows(
      () => device.close(),
      LifetimeError,
      "2 submits are in flight",
    );
    await device.closeAsync();
    for (const report of await Promise.all(runs)) {
      assertGreater(report.nativeMs, 0);
    }
    assertThrows(() => device.info, LifetimeError);
  },
);

nativeTest("`await using` lets work in flight finish", async () => {
  let run;
  {
    await using device = await open();
    run = slowPlan(device).run();
  }
  assertGreater((await run).nativeMs, 0);
});

nativeTest(
  "a nonblocking run leaves the event loop free, a blocking one does not",
  async () => {
    await using device = await open();
    const { run } = slowPlan(device);
    let ticks = 0;
    const timer = setInterval(() => ticks++, 0);
    const settled = run(true);
    assertEquals(device.inFlight, 0);
    await settled;
    assertEquals(ticks, 0);
    await run(false);
    clearInterval(timer);
    assertGreater(ticks, 0);
  },
);

nativeTest("Plan learns how long it takes", async () => {
  await using device = await open();
  const { plan, run } = slowPlan(device);
  assertEquals(plan.estimatedMicroseconds, Infinity);
  const { nativeMs } = await run();
  assertEquals(plan.estimatedMicroseconds, 1000 * nativeMs);
  const second = await run();
  const mean = 0.75 * nativeMs + 0.25 * second.nativeMs;
  const expected = 1000 * Math.max(mean, second.nativeMs);
  assertAlmostEquals(plan.estimatedMicroseconds, expected, 1e-6);
});

nativeTest("Plan starts from what it is expected to take", async () => {
  await using device = await open();
  const params = device.buffer(4);
  const plan = device.plan(new CommandEncoder({ params }).finish(), {
    expectedMicroseconds: 1e6,
  });
  assertEquals(plan.estimatedMicroseconds, 1e6);
  const { nativeMs } = await plan.run(new Int32Array(0), new Uint8Array(0));
  const mean = 0.75e6 + 250 * nativeMs;
  assertAlmostEquals(plan.estimatedMicroseconds, mean, 1e-6);
});

nativeTest(
  "opening, using and closing many times leaves nothing behind",
  async () => {
    const before = Deno.memoryUsage().rss;
    for (let i = 0; i < 40; i++) {
      using device = await open();
      const { plan, run } = slowPlan(device);
      await run(true);
      plan.destroy();
      for (let j = 0; j < 20; j++) device.buffer(1 << 16).destroy();
    }
    const grown = (Deno.memoryUsage().rss - before) / 2 ** 20;
    assert(
      grown < 200,
      `grew by ${grown} MiB; 40 leaked devices would be 600 MiB`,
    );
  },
);

Deno.test("leakReport() is silent about objects that went with their device", () => {
  const label = "buffer of 16 bytes";
  assertEquals(leakReport({ label, isOpen: () => false }), null);
  const report = leakReport({ label, isOpen: () => true });
  assertStringIncludes(report!, "a buffer of 16 bytes was garbage-collected");
});
