/**
 * A model whose heads, MLP and vocabulary are divided over devices. To a decoder, and to branch parallelism, it is one replica.
 *
 * It adds up in another order than one device does, so that probabilities agree to rounding and not bit by bit.
 *
 * @module
 */
import type { Device, DeviceBuffer } from "../engine/mod.ts";
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
import type { Communicator } from "./communicator.ts";
import { type ShardLayout, shardLayouts } from "./shard_layout.ts";
import { LocalShards, remoteShards, type ShardLinks } from "./shard_links.ts";
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

/** One shard of a model whose others live in other processes. */
export interface ShardOptions {
  /** Stays open when the model is closed. */
  readonly device: Device;
  /** Element type of the matrices. Default `f32`. */
  readonly dtype?: "f32" | "bf16";
  /** Number of shards. */
  readonly tp: number;
  /** The one to hold. */
  readonly shard: number;
  /** To the other shards; asked for at every forward. */
  readonly communicator: () => Communicator;
}

interface Shard {
  readonly device: Device;
  readonly layout: ShardLayout;
  readonly weights: NativeWeights;
}

/** A model divided over devices, or the shard of one that lives in this process. */
export class TensorParallelModel implements ReplicaModel, Disposable {
  /** What decoding needs to know of the model. */
  readonly spec: ModelSpec;
  readonly #shards: readonly Shard[];
  readonly #connect: () => ShardLinks;
  #ropes: { readonly positions: number; readonly tables: DeviceBuffer[] }[] =
    [];
  #closed = false;

  private constructor(
    spec: ModelSpec,
    { shards, connect }: {
      readonly shards: readonly Shard[];
      readonly connect: () => ShardLinks;
    },
  ) {
    this.spec = spec;
    this.#shards = shards;
    this.#connect = connect;
  }

  /**
   * Puts a shard of the model on each device. The source may be closed afterwards.
   *
   * @throws {MeshError} When there are more devices than heads, rows of the MLP or rows of the vocabulary.
   * @throws {NonFiniteError} Naming a tensor that holds NaN or infinity.
   */
  static async create(
    source: TensorSource,
    { devices, dtype = "f32", firstRank = 0 }: TensorParallelOptions,
  ): Promise<TensorParallelModel> {
    const spec = modelSpec(source);
    const layouts = shardLayouts(source.config, devices.length);
    const shards = await uploadShards(source, { layouts, devices, dtype });
    const connect = () => new LocalShards(devices, firstRank);
    return new TensorParallelModel(spec, { shards, connect });
  }

  /**
   * Puts one shard of the model on a device; every other process takes another. What decoding needs to know of it is the whole
   * model. The source may be closed afterwards. Throws as {@linkcode TensorParallelModel.create}.
   */
  static async createShard(
    source: TensorSource,
    { device, dtype = "f32", tp, shard, communicator }: ShardOptions,
  ): Promise<TensorParallelModel> {
    const spec = modelSpec(source);
    const layouts = [shardLayouts(source.config, tp)[shard]!];
    const devices = [device];
    const shards = await uploadShards(source, { layouts, devices, dtype });
    const connect = () => remoteShards(communicator);
    return new TensorParallelModel(spec, { shards, connect });
  }

  /** Opens a session for one sequence, with a part of its cache on every device, each in one piece. */
  open(options: SessionOptions = {}): ReplicaSession {
    if (this.#closed) {
      throw new TypeError("this model is closed; load it again");
    }
    const maxPositions = sessionPositions(this.spec, options.maxPositions);
    const ropes = this.#ropeTables(maxPositions);
    const links = this.#connect();
    try {
      const shards = this.#shards.map(({ device, layout, weights }, index) => ({
        layout,
        plans: new ShardPlans({
          ...{ device, config: layout.config, weights, maxPositions },
          rope: ropes[index]!,
        }, {
          isFirst: layout.shard === 0,
          membership: links.membership(index),
        }),
      }));
      const { spec } = this;
      return new TensorParallelSession(shards, { spec, maxPositions, links });
    } catch (error) {
      links.close();
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

/** Puts shards on devices, one on each. */
async function uploadShards(
  source: TensorSource,
  { layouts, devices, dtype }: {
    readonly layouts: readonly ShardLayout[];
    readonly devices: readonly Device[];
    readonly dtype: "f32" | "bf16";
  },
): Promise<readonly Shard[]> {
  const shards: Shard[] = [];
  try {
    for (const [index, layout] of layouts.entries()) {
      const device = devices[index]!;
      const part = shardSource(source, layout);
      const weights = await uploadWeights(device, part, { dtype });
      shards.push({ device, layout, weights });
    }
    return shards;
  } catch (error) {
    for (const { weights } of shards) destroyWeights(weights);
    throw error;
  }
}
