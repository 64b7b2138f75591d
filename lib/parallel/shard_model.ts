/**
 * One shard of a model on a device of this process; the others are in other processes.
 *
 * @module
 */
import type { DeviceBuffer } from "../engine/mod.ts";
import { modelSpec, sessionPositions } from "../model/model_spec.ts";
import {
  destroyWeights,
  type NativeWeights,
  uploadWeights,
} from "../model/native_weights.ts";
import type { ReplicaModel, SessionOptions } from "../model/replica.ts";
import { ropeTable } from "../model/rope.ts";
import type { TensorSource } from "../model/tensor_source.ts";
import type { ModelSpec } from "../model/types.ts";
import { type ShardLayout, shardLayouts } from "./shard_layout.ts";
import { ShardPlans } from "./shard_plans.ts";
import { type ShardModelOptions, ShardSession } from "./shard_session.ts";
import { shardSource } from "./shard_source.ts";

/** A shard: what decoding needs to know of it is the whole model. */
export class ShardModel implements ReplicaModel, Disposable {
  /** Of the whole model. */
  readonly spec: ModelSpec;
  readonly #options: ShardModelOptions;
  readonly #layout: ShardLayout;
  readonly #weights: NativeWeights;
  readonly #ropes: DeviceBuffer[] = [];
  #closed = false;

  private constructor(
    spec: ModelSpec,
    parts: {
      readonly options: ShardModelOptions;
      readonly layout: ShardLayout;
      readonly weights: NativeWeights;
    },
  ) {
    this.spec = spec;
    this.#options = parts.options;
    this.#layout = parts.layout;
    this.#weights = parts.weights;
  }

  /**
   * Puts a shard on a device. The source may be closed afterwards.
   *
   * @throws {MeshError} When there are more shards than heads, rows of the MLP or rows of the vocabulary.
   * @throws {NonFiniteError} Naming a tensor that holds NaN or infinity.
   */
  static async create(
    source: TensorSource,
    options: ShardModelOptions,
  ): Promise<ShardModel> {
    const { device, dtype = "f32", tp, shard } = options;
    const spec = modelSpec(source);
    const layout = shardLayouts(source.config, tp)[shard]!;
    const part = shardSource(source, layout);
    const weights = await uploadWeights(device, part, { dtype });
    return new ShardModel(spec, { options, layout, weights });
  }

  /** Opens a session for one sequence, with the shard's part of its cache in one piece. */
  open(options: SessionOptions = {}): ShardSession {
    if (this.#closed) {
      throw new TypeError("this model is closed; load it again");
    }
    const { device, shard, communicator } = this.#options;
    const layout = this.#layout;
    const maxPositions = sessionPositions(this.spec, options.maxPositions);
    const plans = new ShardPlans({
      ...{ device, config: layout.config, weights: this.#weights },
      ...{ rope: this.#ropeTable(maxPositions), maxPositions },
    }, { isFirst: shard === 0, membership: null });
    return new ShardSession({ layout, plans }, {
      ...{ spec: this.spec, maxPositions, communicator },
    });
  }

  /** Frees the weights. Idempotent; close its sessions first. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    destroyWeights(this.#weights);
    for (const table of this.#ropes) table.destroy();
  }

  /** Same as {@linkcode ShardModel.close}. */
  [Symbol.dispose](): void {
    this.close();
  }

  /** A rotary table for at least `positions` positions, kept until the model is closed. */
  #ropeTable(positions: number): DeviceBuffer {
    const { headDim, ropeTheta: theta } = this.#layout.config;
    const bytes = 4 * positions * headDim;
    const known = this.#ropes.find((table) => table.bytes >= bytes);
    if (known) return known;
    const values = ropeTable(positions, { headDim, theta });
    const table = this.#options.device.buffer(values.byteLength);
    table.write(values);
    this.#ropes.push(table);
    return table;
  }
}
