/**
 * How a model lies on this machine: one device of some threads, or several devices between which a cache protocol keeps order.
 *
 * @module
 */
import { Device } from "../../engine/mod.ts";
import { NativeModel } from "../../model/native_model.ts";
import type { TensorSource } from "../../model/tensor_source.ts";
import type { DiffusionModel } from "../../model/types.ts";
import { BranchParallelModel, type PhaseListener } from "../../parallel/mod.ts";

/** A layout. JSON. */
export type Layout = {
  /** Devices that share the branches of a round (BP). */
  readonly devices: number;
  /** Devices that share every matrix (TP), for each of those. */
  readonly shards: number;
  /** Threads of each device. */
  readonly threads: number;
  /** `null` for a single device, which has one cache and needs no protocol. */
  readonly protocol: "two-phase" | "single-phase" | null;
};

/** One device. */
export function oneDevice(threads: number): Layout {
  return { devices: 1, shards: 1, threads, protocol: null };
}

/** Devices of one thread each that share the branches. */
export function branchParallel(
  devices: number,
  protocol: "two-phase" | "single-phase",
): Layout {
  return { devices, shards: 1, threads: 1, protocol };
}

/** Name in tables and figures. */
export function layoutName(
  { devices, shards, threads, protocol }: Layout,
): string {
  const thread = threads === 1 ? "1 thread" : `${threads} threads`;
  if (protocol === null) return `1 device, ${thread}`;
  return shards === 1
    ? `BP ${devices}, ${protocol}`
    : `BP ${devices} × TP ${shards}, ${protocol}`;
}

/** Threads that a layout keeps busy. */
export function layoutThreads({ devices, shards, threads }: Layout): number {
  return devices * shards * threads;
}

/** A model laid out. */
export interface LaidOut {
  readonly model: DiffusionModel;
  /** Frees model and devices. */
  close(): Promise<void>;
}

/** Lays a model out; the source may be closed afterwards. Rejects with what engine and model throw. */
export async function layOut(
  source: TensorSource,
  layout: Layout,
  options: {
    readonly dtype: "f32" | "bf16";
    readonly onPhase?: PhaseListener;
  },
): Promise<LaidOut> {
  const { devices, shards, threads, protocol } = layout;
  const { dtype } = options;
  if (protocol !== null) {
    const model = await BranchParallelModel.create(source, {
      mesh: { bp: devices, tp: shards },
      device: { threads },
      ...options,
      protocol,
    });
    return { model, close: () => model[Symbol.asyncDispose]() };
  }
  const device = await Device.open({ threads });
  try {
    const model = await NativeModel.create(source, { device, dtype });
    return {
      model,
      async close() {
        model.close();
        await device.closeAsync();
      },
    };
  } catch (error) {
    await device.closeAsync();
    throw error;
  }
}
