/**
 * Tensors that stay as they are: packed once, without masters or gradients.
 *
 * @module
 */
import {
  CommandEncoder,
  type Device,
  type DeviceBuffer,
  type Weight,
} from "../engine/mod.ts";
import { readTensor, type TensorSource } from "../model/tensor_source.ts";
import type { LinearGroups, WeightBinder } from "./assemble.ts";
import type {
  EmbeddingWeights,
  LinearWeights,
  NormWeights,
} from "./network.ts";
import { Packing, type Precision } from "./packing.ts";
import type { ParameterGroup } from "./parameter_groups.ts";
import { groupRows } from "./trained_weights.ts";

/** How a frozen network is kept. */
export interface FrozenOptions {
  readonly precision: Precision;
  /** Whether gradients will flow through it, to adapters. */
  readonly differentiable: boolean;
}

/** Binds the tensors of a source, a group at a time, so that no second copy of a model is ever held. */
export class FrozenWeights implements WeightBinder {
  readonly #device: Device;
  readonly #source: TensorSource;
  readonly #options: FrozenOptions;
  readonly #owned: { destroy(): void }[] = [];

  /** Tensors are read when they are bound. */
  constructor(device: Device, source: TensorSource, options: FrozenOptions) {
    this.#device = device;
    this.#source = source;
    this.#options = options;
  }

  /** The embedding table. */
  async embedding(
    group: ParameterGroup,
  ): Promise<Omit<EmbeddingWeights, "padding">> {
    const { forward } = await this.#pack(group, { transposed: false });
    return { table: forward!, gradient: null };
  }

  /** A linear layer of all rows of a group. */
  async linear(
    { matrices, bias, forward }: LinearGroups,
  ): Promise<LinearWeights> {
    const packed = await this.#pack(matrices, {
      transposed: this.#options.differentiable,
      ...(forward ? { forward } : {}),
    });
    return {
      ...packed,
      bias: bias.length === 0 ? null : this.#upload(bias),
      gradient: null,
      biasGradient: null,
      scale: 1,
      adapters: [],
    };
  }

  /** A gain. */
  norm(group: ParameterGroup): Promise<NormWeights> {
    return Promise.resolve({ gain: this.#upload(group), gradient: null });
  }

  /** Frees everything bound. Idempotent. */
  destroy(): void {
    for (const part of this.#owned) part.destroy();
  }

  async #pack(
    group: ParameterGroup,
    { transposed, forward }: {
      readonly transposed: boolean;
      readonly forward?: Weight;
    },
  ): Promise<Pick<LinearWeights, "forward" | "transposed">> {
    const device = this.#device;
    using master = readGroup(device, this.#source, group);
    const packing = new Packing(device, this.#options.precision);
    this.#owned.push(packing);
    const matrix = {
      master,
      rows: groupRows(group),
      columns: group[0]!.shape[1]!,
    };
    const copies = {
      forward: forward ?? packing.copy(matrix, { transposed: false }),
      transposed: transposed
        ? packing.copy(matrix, { transposed: true })
        : null,
    };
    using params = device.buffer(4);
    const encoder = new CommandEncoder({ params });
    packing.record(encoder);
    await device.submit(encoder.finish());
    return copies;
  }

  #upload(group: ParameterGroup): DeviceBuffer {
    const buffer = readGroup(this.#device, this.#source, group);
    this.#owned.push(buffer);
    return buffer;
  }
}

/** The tensors of a group one after another, in f32. */
function readGroup(
  device: Device,
  source: TensorSource,
  group: ParameterGroup,
): DeviceBuffer {
  const tensors = group.map(({ name }) => readTensor(source, name));
  const buffer = device.buffer(
    tensors.reduce((sum, tensor) => sum + tensor.byteLength, 0),
  );
  let offset = 0;
  for (const tensor of tensors) {
    buffer.write(tensor, { offset });
    offset += tensor.byteLength;
  }
  return buffer;
}
