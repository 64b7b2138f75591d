import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import {
  download,
  library,
  nativeTest,
  randomFloats,
  upload,
} from "./_fixture.ts";
import { Device } from "./device.ts";
import { CommandEncoder } from "./encoder.ts";
import { EngineError } from "./errors.ts";
import { DeviceGroup } from "./group.ts";
import type { OpOptions } from "./ops.ts";

/** Opens devices of so many threads each. */
async function openDevices(threads: readonly number[]): Promise<Device[]> {
  const devices: Device[] = [];
  for (const count of threads) {
    devices.push(await Device.open({ library: library!, threads: count }));
  }
  return devices;
}

type Member = Pick<OpOptions["allReduce"], "member" | "width" | "stride">;

/** One member's all-reduces of the same values, one after another; gives what they become. */
async function reduceOn(
  device: Device,
  group: DeviceGroup,
  { values, rows, times = 1, ...member }: Member & {
    readonly values: Float32Array;
    readonly rows: number;
    readonly times?: number;
  },
): Promise<Float32Array> {
  using buffer = upload(device, values);
  using params = device.buffer(4);
  const encoder = new CommandEncoder({ params });
  for (let i = 0; i < times; i++) {
    encoder.allReduce({
      ...{ group, values: buffer, ...member, rowsAt: 0 },
      maxRows: values.length / member.stride,
    });
  }
  const blocking = false;
  await device.submit(encoder.finish(), {
    ...{ params: Int32Array.of(rows), blocking },
  });
  return download(buffer, values.length);
}

/** Sums in member order, f32; what lies between rows and after them stays. */
function wanted(
  all: readonly Float32Array[],
  { rows, width, stride }: {
    readonly rows: number;
    readonly width: number;
    readonly stride: number;
  },
): Float32Array[] {
  return all.map((own) =>
    own.map((value, i) =>
      i % stride < width && i < rows * stride
        ? all.slice(1).reduce(
          (sum, other) => Math.fround(sum + other[i]!),
          all[0]![i]!,
        )
        : value
    )
  );
}

nativeTest(
  "allReduce adds up in member order, whatever the members' threads",
  async () => {
    const width = 5, stride = 7;
    for (const threads of [[1, 1], [3, 1], [1, 2, 1], [1, 1, 1, 4]]) {
      const devices = await openDevices(threads);
      using group = new DeviceGroup(library!, devices.length);
      for (const rows of [0, 1, 2, 33]) {
        const all = devices.map((_, member) =>
          randomFloats(40 * stride, 10 * rows + member).map((x) =>
            1e4 ** member * x
          )
        );
        const got = await Promise.all(
          devices.map((device, member) =>
            reduceOn(device, group, {
              values: all[member]!,
              rows,
              member,
              width,
              stride,
            })
          ),
        );
        assertEquals(got, wanted(all, { rows, width, stride }));
      }
      for (const device of devices) {
        device.close();
      }
    }
  },
);

nativeTest("allReduce: many in a row never mix", async () => {
  const devices = await openDevices([1, 1, 1]);
  using group = new DeviceGroup(library!, 3);
  const times = 200;
  const got = await Promise.all(
    devices.map((device, member) =>
      reduceOn(device, group, {
        values: Float32Array.of(member === 0 ? 2 ** -100 : 0, 0),
        ...{ rows: 1, member, width: 2, stride: 2, times: 20 },
      })
    ),
  );
  // Each of the 20 sums is three times the one before.
  for (const values of got) {
    assertEquals(values[0], Math.fround(3 ** 19 * 2 ** -100));
  }
  for (let i = 0; i < times; i++) {
    const sums = await Promise.all(
      devices.map((device, member) =>
        reduceOn(device, group, {
          values: Float32Array.of(i + member),
          ...{ rows: 1, member, width: 1, stride: 1 },
        })
      ),
    );
    assertEquals(sums.map(([sum]) => sum), [3 * i + 3, 3 * i + 3, 3 * i + 3]);
  }
  for (const device of devices) device.close();
});

/** Status and text of what a promise rejects with. */
async function failure(promise: Promise<unknown>): Promise<EngineError> {
  return await assertRejects(() => promise, EngineError) as EngineError;
}

nativeTest(
  "allReduce: a member that fails, or is let go, lets all others go",
  async () => {
    const devices = await openDevices([1, 1]);
    const [one, other] = devices as [Device, Device];
    const shape = { width: 1, stride: 1, rows: 1 };
    const values = Float32Array.of(1);
    {
      using group = new DeviceGroup(library!, 2);
      const waiting = failure(
        reduceOn(one, group, { ...shape, values, member: 0 }),
      );
      // too many rows: refused before it meets the other
      const refused = failure(
        reduceOn(other, group, { ...shape, values, member: 1, rows: 2 }),
      );
      assertEquals((await refused).status, "BAD_COMMAND");
      assertEquals((await waiting).status, "ABORTED");
      const late = await failure(
        reduceOn(one, group, { ...shape, values, member: 0 }),
      );
      assertEquals(late.status, "ABORTED");
      assertStringIncludes(late.message, "create another");
    }
    for (const end of ["abort", "destroy"] as const) {
      using group = new DeviceGroup(library!, 2);
      const waiting = failure(
        reduceOn(one, group, { ...shape, values, member: 0 }),
      );
      await new Promise((wake) => setTimeout(wake, 20));
      group[end]();
      assertEquals((await waiting).status, "ABORTED");
    }
    {
      using group = new DeviceGroup(library!, 2);
      const waiting = failure(
        reduceOn(one, group, { ...shape, values, member: 0 }),
      );
      await new Promise((wake) => setTimeout(wake, 20));
      const twice = await failure(
        reduceOn(other, group, { ...shape, values, member: 0 }),
      );
      assertStringIncludes(
        twice.message,
        "member 0 of the group is at work already",
      );
      assertEquals((await waiting).status, "ABORTED");
    }
    {
      using group = new DeviceGroup(library!, 2);
      const [a, b] = await Promise.all([
        failure(reduceOn(one, group, { ...shape, values, member: 0 })),
        failure(reduceOn(other, group, {
          ...{
            ...shape,
            values: new Float32Array(2),
            member: 1,
            width: 2,
            stride: 2,
          },
        })),
      ]);
      for (const { status } of [a!, b!]) {
        assert(
          ["BAD_COMMAND", "ABORTED"].includes(status),
        );
      }
      assertStringIncludes(
        `${a!.message} ${b!.message}`,
        "the same shape is wanted",
      );
    }
    for (const device of devices) device.close();
  },
);

nativeTest("allReduce and groups refuse what cannot be", async () => {
  using device = await Device.open({ library: library!, threads: 1 });
  for (const size of [0, 1, 65]) {
    assertThrows(() => new DeviceGroup(library!, size), EngineError, "size");
  }
  using group = new DeviceGroup(library!, 2);
  const values = Float32Array.of(1, 2);
  const base = { values, rows: 1, member: 0, width: 2, stride: 2 };
  for (
    const [change, text] of [
      [{ member: 2 }, "member is 2"],
      [{ width: 0 }, "width is 0"],
      [{ width: 3 }, "row stride"],
      [{ rows: -1 }, "rows_at"],
    ] as const
  ) {
    const error = await failure(
      reduceOn(device, group, { ...base, ...change }),
    );
    assertEquals(error.status, "BAD_COMMAND");
    assertStringIncludes(error.message, text);
  }
  group.destroy();
  group.destroy();
  group.abort();
  const gone = await failure(reduceOn(device, group, base));
  assertEquals(gone.status, "BAD_HANDLE");
  assertStringIncludes(gone.message, "create it first");
});
