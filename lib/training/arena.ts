/**
 * Flat memory for everything that is trained: weights, gradients and moments of all tensors, each kind in one piece, so that one
 * record clears, measures or updates it whole.
 *
 * @module
 */
import type { BufferRef, Device, DeviceBuffer } from "../engine/mod.ts";
import { TrainerError } from "./errors.ts";
import {
  elements,
  type NamedShape,
  type ParameterGroup,
} from "./parameter_groups.ts";

/** Where a tensor lies, in elements from the start. */
export interface ArenaSlot extends NamedShape {
  readonly offset: number;
  readonly count: number;
}

/** The order of the tensors: those that decay first. */
export interface ArenaLayout {
  readonly slots: ReadonlyMap<string, ArenaSlot>;
  /** Elements of all tensors. */
  readonly count: number;
  /** Elements of those that decay. */
  readonly decayed: number;
}

/** Whether a tensor decays. */
export type DecayRule = (name: string, shape: readonly number[]) => boolean;

/**
 * Lays groups out one after another, those that decay first.
 *
 * @throws {TrainerError} Where the rule divides a group.
 */
export function layoutArena(
  groups: readonly ParameterGroup[],
  decays: DecayRule,
): ArenaLayout {
  const slots = new Map<string, ArenaSlot>();
  let offset = 0;
  const append = (group: ParameterGroup) => {
    for (const { name, shape } of group) {
      const count = elements(shape);
      slots.set(name, { name, shape, offset, count });
      offset += count;
    }
  };
  const decaying = groups.map((group) => {
    const rules = group.map(({ name, shape }) => decays(name, shape));
    if (rules.some((rule) => rule !== rules[0])) {
      throw new TrainerError(
        `The decay rule takes some of ${
          group.map(({ name }) => name).join(", ")
        } and leaves others, but they are packed as one matrix: take all or none`,
      );
    }
    return rules[0];
  });
  groups.filter((_, i) => decaying[i]).forEach(append);
  const decayed = offset;
  groups.filter((_, i) => !decaying[i]).forEach(append);
  return { slots, count: offset, decayed };
}

/** The flat arrays of an optimiser, f32 in device memory. */
export class Arena {
  /** Order of the tensors. */
  readonly layout: ArenaLayout;
  readonly weights: DeviceBuffer;
  readonly gradients: DeviceBuffer;
  readonly moment1: DeviceBuffer;
  readonly moment2: DeviceBuffer;
  /** Moving average of the weights, where one is kept. */
  readonly average: DeviceBuffer | null;

  /** Zeros everywhere. */
  constructor(
    device: Device,
    layout: ArenaLayout,
    { average }: { readonly average: boolean },
  ) {
    const flat = () => device.buffer(4 * layout.count);
    this.layout = layout;
    this.weights = flat();
    this.gradients = flat();
    this.moment1 = flat();
    this.moment2 = flat();
    this.average = average ? flat() : null;
  }

  /** Place of a tensor's weights. */
  weight(name: string): BufferRef {
    return this.weights.at(4 * this.#slot(name).offset);
  }

  /** Place of a tensor's gradient. */
  gradient(name: string): BufferRef {
    return this.gradients.at(4 * this.#slot(name).offset);
  }

  /** Sets a tensor's weights. */
  write(name: string, values: Float32Array): void {
    const { offset, count, shape } = this.#slot(name);
    if (values.length !== count) {
      throw new TrainerError(
        `Tensor "${name}" of shape [${shape}] cannot take ${values.length} elements`,
      );
    }
    this.weights.write(values, { offset: 4 * offset });
  }

  /** Every tensor of one of the arrays, by name. */
  tensors(array: DeviceBuffer): Map<string, Float32Array> {
    const flat = this.flat(array);
    return new Map(
      [...this.layout.slots.values()].map(({ name, offset, count }) => [
        name,
        flat.slice(offset, offset + count),
      ]),
    );
  }

  /** One of the arrays as it lies. */
  flat(array: DeviceBuffer): Float32Array {
    return array.read(new Float32Array(this.layout.count));
  }

  /** Frees the arrays. Idempotent. */
  destroy(): void {
    this.weights.destroy();
    this.gradients.destroy();
    this.moment1.destroy();
    this.moment2.destroy();
    this.average?.destroy();
  }

  #slot(name: string): ArenaSlot {
    const slot = this.layout.slots.get(name);
    if (slot === undefined) {
      throw new TrainerError(`There is no trained tensor "${name}"`);
    }
    return slot;
  }
}
