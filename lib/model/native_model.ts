/**
 * A Dream or LLaDA model on the native engine.
 *
 * @module
 */
import { Device, type DeviceBuffer } from "../engine/mod.ts";
import { CachePages } from "./cache_pages.ts";
import type { ModelConfig } from "./config.ts";
import { ForwardPace } from "./forward_pace.ts";
import type { InspectableModel, NativeModelSession } from "./inspection.ts";
import { modelSpec, sessionPositions } from "./model_spec.ts";
import { NativeSession } from "./native_session.ts";
import {
  destroyWeights,
  type NativeWeights,
  uploadWeights,
} from "./native_weights.ts";
import type { SessionOptions } from "./replica.ts";
import { ropeTable } from "./rope.ts";
import type { TensorSource } from "./tensor_source.ts";
import type { ModelSpec } from "./types.ts";

/** How a model is put on a device. */
export interface NativeModelOptions {
  /** Default: a device of its own, closed with the model. */
  readonly device?: Device;
  /** Element type of the matrices: `f32` for parity, `bf16` for speed and half the memory. Default `f32`. */
  readonly dtype?: "f32" | "bf16";
}

/** A model whose forwards run on a device. */
export class NativeModel implements InspectableModel, Disposable {
  /** What decoding needs to know of the model. */
  readonly spec: ModelSpec;
  /** The device it is on. */
  readonly device: Device;
  readonly #config: ModelConfig;
  readonly #weights: NativeWeights;
  readonly #ownsDevice: boolean;
  readonly #ropes: {
    readonly positions: number;
    readonly table: DeviceBuffer;
  }[] = [];
  readonly #pace = new ForwardPace();
  #closed = false;

  private constructor(
    parts: {
      source: TensorSource;
      device: Device;
      weights: NativeWeights;
      ownsDevice: boolean;
    },
  ) {
    this.spec = modelSpec(parts.source);
    this.device = parts.device;
    this.#config = parts.source.config;
    this.#weights = parts.weights;
    this.#ownsDevice = parts.ownsDevice;
  }

  /**
   * Puts the weights of `source`, which may be closed afterwards, on a device.
   *
   * @throws {NonFiniteError} Naming a tensor that holds NaN or infinity.
   */
  static async create(
    source: TensorSource,
    options: NativeModelOptions = {},
  ): Promise<NativeModel> {
    modelSpec(source);
    const device = options.device ?? await Device.open();
    try {
      const weights = await uploadWeights(device, source, {
        dtype: options.dtype ?? "f32",
      });
      return new NativeModel({
        source,
        device,
        weights,
        ownsDevice: options.device === undefined,
      });
    } catch (error) {
      if (options.device === undefined) device.close();
      throw error;
    }
  }

  /** Opens a session for one sequence. Its cache is allocated for `maxPositions` at once: ask for no more than needed. */
  open(options: SessionOptions = {}): NativeModelSession {
    if (this.#closed) {
      throw new TypeError("this model is closed; load it again");
    }
    const maxPositions = sessionPositions(this.spec, options.maxPositions);
    const pages = options.pages
      ? new CachePages(maxPositions, options.pages)
      : null;
    const rows = pages?.rows ?? maxPositions;
    const rope = this.#rope(rows);
    const parts = {
      device: this.device,
      config: this.#config,
      weights: this.#weights,
      rope,
      maxPositions: rows,
    };
    const { spec } = this;
    const pace = this.#pace;
    return new NativeSession(parts, { spec, maxPositions, pages, pace });
  }

  /** Frees the weights, and the device if the model opened it. Idempotent; close its sessions first. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#ownsDevice) return this.device.close();
    destroyWeights(this.#weights);
    for (const { table } of this.#ropes) table.destroy();
  }

  /** Same as {@linkcode NativeModel.close}. */
  [Symbol.dispose](): void {
    this.close();
  }

  /** Rotary table for at least `positions` positions; tables are shared by sessions and kept until the model is closed. */
  #rope(positions: number): DeviceBuffer {
    const known = this.#ropes.find((rope) => rope.positions >= positions);
    if (known) return known.table;
    const { headDim, ropeTheta: theta } = this.#config;
    const values = ropeTable(positions, { headDim, theta });
    const table = this.device.buffer(values.byteLength);
    table.write(values);
    this.#ropes.push({ positions, table });
    return table;
  }
}
