/**
 * A model whose heads, MLP and vocabulary are divided over devices. To a decoder, and to branch parallelism, it is one replica.
 *
 * It adds up in another order than one device does, so that probabilities agree to rounding and not bit by bit.
 *
 * @module
 */
import { type Device, type DeviceBuffer, DeviceGroup } from "../engine/mod.ts";
import { modelSpec, sessionPositions } from "../model/model_spec.ts";
import {
  destroyWeights,
  type NativeWeights,
  uploadWeights,
} from "../model/native_weights.ts";
import type {
  ReplicaModel,
  ReplicaSession,
  SessionOptions,
} from "../model/replica.ts";
import { ropeTable } from "../model/rope.ts";
import type { TensorSource } from "../model/tensor_source.ts";
import type { ModelSpec } from "../model/types.ts";
import { type ShardLayout, shardLayouts } from "./shard_layout.ts";
import { ShardPlans } from "./shard_plans.ts";
import { shardSource } from "./shard_source.ts";
import { TensorParallelSession } from "./tensor_session.ts";

/** How a model is divided. */
export interface TensorParallelOptions {
  /** One per shard; they stay open when the model is closed. */
  readonly devices: readonly Device[];
  /** Element type of the matrices. Default `f32`. */
  readonly dtype?: "f32" | "bf16";
  /** Rank of the first shard, for errors. Default 0. */
  readonly firstRank?: number;
}

interface Shard {
  readonly device: Device;
  readonly layout: ShardLayout;
  readonly weights: NativeWeights;
}

/** A model divided over devices. */
export class TensorParallelModel implements ReplicaModel, Disposable {
  /** What decoding needs to know of the model. */
  readonly spec: ModelSpec;
  readonly #shards: readonly Shard[];
  readonly #firstRank: number;
  #ropes: { readonly positions: number; readonly tables: DeviceBuffer[] }[] =
    [];
  #closed = false;

  private constructor(
    spec: ModelSpec,
    { shards, firstRank }: {
      readonly shards: readonly Shard[];
      readonly firstRank: number;
    },
  ) {
    this.spec = spec;
    this.#shards = shards;
    this.#firstRank = firstRank;
  }

  /**
   * Puts a shard of the model on each device. The source may be closed afterwards.
   *
   * @throws {MeshError} When there are more devices than heads, rows of the MLP or rows of the vocabulary.
   * @throws {NonFiniteError} Naming a tensor that holds NaN or infinity.
   */
  static async create(
    source: TensorSource,
    options: TensorParallelOptions,
  ): Promise<TensorParallelModel> {
    const { devices, dtype = "f32", firstRank = 0 } = options;
    const spec = modelSpec(source);
    const shards: Shard[] = [];
    try {
      for (const layout of shardLayouts(source.config, devices.length)) {
        const device = devices[layout.shard]!;
        const part = shardSource(source, layout);
        const weights = await uploadWeights(device, part, { dtype });
        shards.push({ device, layout, weights });
      }
    } catch (error) {
      for (const { weights } of shards) destroyWeights(weights);
      throw error;
    }
    return new TensorParallelModel(spec, { shards, firstRank });
  }

  /** Opens a session for one sequence, with a part of its cache on every device, each in one piece. */
  open(options: SessionOptions = {}): ReplicaSession {
    if (this.#closed) {
      throw new TypeError("this model is closed; load it again");
    }
    const maxPositions = sessionPositions(this.spec, options.maxPositions);
    const ropes = this.#ropeTables(maxPositions);
    const devices = this.#formGroup();
    try {
      const shards = this.#shards.map(({ device, layout, weights }, shard) => ({
        layout,
        plans: new ShardPlans({
          ...{ device, config: layout.config, weights, maxPositions },
          rope: ropes[shard]!,
        }, {
          isFirst: shard === 0,
          membership: devices && { group: devices, member: shard },
        }),
      }));
      return new TensorParallelSession(shards, {
        ...{ spec: this.spec, maxPositions, firstRank: this.#firstRank },
        devices,
      });
    } catch (error) {
      devices?.destroy();
      throw error;
    }
  }

  /** Frees the weights. Idempotent; close its sessions first. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const { weights } of this.#shards) destroyWeights(weights);
    for (const { tables } of this.#ropes) {
      for (const table of tables) table.destroy();
    }
  }

  /** Same as {@linkcode TensorParallelModel.close}. */
  [Symbol.dispose](): void {
    this.close();
  }

  /** The devices as they add up; `null` for a single one. */
  #formGroup(): DeviceGroup | null {
    const [{ device }] = this.#shards as [Shard];
    const { length } = this.#shards;
    return length === 1 ? null : new DeviceGroup(device.library, length);
  }

  /** A rotary table per device for at least `positions` positions, kept until the model is closed. */
  #ropeTables(positions: number): readonly DeviceBuffer[] {
    const known = this.#ropes.find((rope) => rope.positions >= positions);
    if (known) return known.tables;
    const tables = this.#shards.map(({ device, layout }) => {
      const { headDim, ropeTheta: theta } = layout.config;
      const values = ropeTable(positions, { headDim, theta });
      const table = device.buffer(values.byteLength);
      table.write(values);
      return table;
    });
    this.#ropes.push({ positions, tables });
    return tables;
  }
}
