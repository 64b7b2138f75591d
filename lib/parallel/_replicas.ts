/** Replicas of tiny models on devices of their own, and sessions that compare caches after every round. Used by tests only. */
import { assertEquals } from "@std/assert";
import { library } from "../engine/_fixture.ts";
import { Device } from "../engine/mod.ts";
import { NativeModel } from "../model/native_model.ts";
import type { ReplicaModel } from "../model/replica.ts";
import type { TensorSource } from "../model/tensor_source.ts";
import type { DiffusionModel, Predictions } from "../model/types.ts";
import type { Faults } from "./_faults.ts";
import { BranchParallelModel, type BranchParallelOptions } from "./model.ts";

/** Devices of one thread each; closed together. */
export class Devices implements AsyncDisposable {
  readonly #devices: readonly Device[];

  private constructor(devices: readonly Device[]) {
    this.#devices = devices;
  }

  /** Opens `count` devices. */
  static async open(count: number): Promise<Devices> {
    const devices: Device[] = [];
    for (let i = 0; i < count; i++) {
      devices.push(await Device.open({ library: library!, threads: 1 }));
    }
    return new Devices(devices);
  }

  /** The devices. */
  get all(): readonly Device[] {
    return this.#devices;
  }

  /** Bytes held on all devices. */
  get bytes(): number {
    return this.#devices.reduce((sum, device) => sum + device.info.bytes, 0);
  }

  /** A model on the first device alone. */
  single(
    source: TensorSource,
    dtype: "f32" | "bf16" = "f32",
  ): Promise<NativeModel> {
    return NativeModel.create(source, { device: this.#devices[0]!, dtype });
  }

  /** A model with a replica on each of the first `ranks` devices, by default on all, and faults if there are any. */
  async parallel(
    source: TensorSource,
    options: BranchParallelOptions & {
      readonly ranks?: number;
      readonly dtype?: "f32" | "bf16";
      readonly faults?: Faults;
    },
  ): Promise<BranchParallelModel> {
    const { ranks, dtype = "f32", faults, ...rest } = options;
    const replicas: ReplicaModel[] = [];
    for (const [rank, device] of this.#devices.slice(0, ranks).entries()) {
      const model = await NativeModel.create(source, { device, dtype });
      replicas.push(faults?.replica(model, rank) ?? model);
    }
    return BranchParallelModel.over(replicas, {
      ...rest,
      ...(faults === undefined ? {} : {
        intercept: (inner, rank) => faults.intercept(inner, rank),
      }),
    });
  }

  /** Closes all devices once they are idle. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const device of this.#devices) await device.closeAsync();
  }
}

/** The model, with the caches of all ranks compared bit by bit after every round. */
export function comparingCaches(
  model: BranchParallelModel,
  onCompared: (positions: number) => void = () => {},
): DiffusionModel {
  return {
    spec: model.spec,
    open: (options) => {
      const session = model.open(options);
      let cached = 0;
      return {
        async forward(request): Promise<Predictions> {
          const answer = await session.forward(request);
          cached = Math.max(0, ...request.cached.map(({ end }) => end));
          if (cached > 0) {
            const [first, ...others] = session.readReplicas({
              start: 0,
              end: cached,
            });
            const bits = (values: Float32Array) =>
              new Uint32Array(values.buffer);
            for (const other of others) {
              assertEquals(bits(other), bits(first!));
            }
          }
          onCompared(cached);
          return answer;
        },
        close: () => session.close(),
      };
    },
  };
}
