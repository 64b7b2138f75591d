/** What the tests of the native operations share: devices of every instruction set, seeded data, one-record submits. */
import type { Isa } from "./abi.ts";
import type { DeviceBuffer } from "./buffer.ts";
import { Device } from "./device.ts";
import { CommandEncoder } from "./encoder.ts";
import { EngineError, NativeBuildError } from "./errors.ts";
import { loadLibrary, type NativeLibrary } from "./library.ts";

async function testLibrary(): Promise<NativeLibrary | null> {
  try {
    return await loadLibrary();
  } catch (error) {
    if (error instanceof NativeBuildError) return null;
    throw error;
  }
}

async function usableIsas(library: NativeLibrary): Promise<Isa[]> {
  const usable: Isa[] = [];
  for (const isa of library.buildInfo.isas as Isa[]) {
    try {
      (await Device.open({ library, isa, threads: 1 })).close();
      usable.push(isa);
    } catch (error) {
      if (!(error instanceof EngineError && error.status === "UNSUPPORTED")) {
        throw error;
      }
    }
  }
  return usable;
}

/** The library, or `null` on a machine that cannot build it. */
export const library = await testLibrary();

/** Instruction sets of the library that run here. */
export const isas = library ? await usableIsas(library) : [];

/** Registers a test that needs the library; ignored where it cannot be built. */
export function nativeTest(name: string, fn: () => void | Promise<void>): void {
  Deno.test({
    name,
    fn,
    ignore: library === null,
    sanitizeResources: true,
    sanitizeOps: true,
  });
}

/** Registers a test for each usable instruction set, with a device of two threads that is closed afterwards. */
export function onEveryIsa(
  name: string,
  fn: (device: Device) => void | Promise<void>,
): void {
  for (const isa of library ? isas : ["best" as const]) {
    nativeTest(`${name} (${isa})`, async () => {
      using device = await Device.open({ library: library!, isa, threads: 2 });
      await fn(device);
    });
  }
}

export { randomFloats, randomMatrix } from "./_random.ts";

/** Copies an array into a new buffer. */
export function upload(device: Device, data: ArrayBufferView): DeviceBuffer {
  const buffer = device.buffer(Math.max(4, data.byteLength));
  buffer.write(data);
  return buffer;
}

/** Reads f32 elements from the start of a buffer. */
export function download(buffer: DeviceBuffer, count: number): Float32Array {
  return buffer.read(new Float32Array(count));
}

/** Records operations over fresh parameters and submits them once. */
export async function runOnce(
  device: Device,
  words: Int32Array,
  record: (encoder: CommandEncoder) => void,
): Promise<void> {
  using params = device.buffer(Math.max(4, words.byteLength));
  const encoder = new CommandEncoder({ params });
  record(encoder);
  await device.submit(encoder.finish(), { params: words });
}

/** Largest absolute difference, infinite where lengths differ or a value is not a number. */
export function maxDifference(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
): number {
  if (actual.length !== expected.length) return Infinity;
  let largest = 0;
  for (let i = 0; i < actual.length; i++) {
    const difference = Math.abs(actual[i]! - expected[i]!);
    if (Number.isNaN(difference)) return Infinity;
    largest = Math.max(largest, difference);
  }
  return largest;
}
