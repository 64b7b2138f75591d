/**
 * Tensors that are trained: masters and gradients in an arena, packed copies beside it.
 *
 * @module
 */
import type { Arena } from "./arena.ts";
import type { LinearGroups, WeightBinder } from "./assemble.ts";
import type {
  EmbeddingWeights,
  LinearWeights,
  NormWeights,
} from "./network.ts";
import type { MasterMatrix, Packing } from "./packing.ts";
import type { ParameterGroup } from "./parameter_groups.ts";

/** Binds tensors to an arena. */
export class TrainedWeights implements WeightBinder {
  readonly #arena: Arena;
  readonly #packing: Packing;

  /** Masters lie in the arena, copies are made by the packing. */
  constructor(arena: Arena, packing: Packing) {
    this.#arena = arena;
    this.#packing = packing;
  }

  /** The embedding table. */
  embedding(
    group: ParameterGroup,
  ): Promise<Omit<EmbeddingWeights, "padding">> {
    const matrix = this.#matrix(group);
    return Promise.resolve({
      table: this.#packing.copy(matrix, { transposed: false }),
      gradient: this.#arena.gradient(group[0]!.name),
    });
  }

  /** A linear layer of all rows of a group. */
  linear(groups: LinearGroups): Promise<LinearWeights> {
    return Promise.resolve(this.scaledLinear(groups, 1));
  }

  /** A linear layer whose packed copies are `scale` times the masters. */
  scaledLinear(
    { matrices, bias, forward }: LinearGroups,
    scale: number,
  ): LinearWeights {
    const matrix = { ...this.#matrix(matrices), scale };
    const biased = bias[0]?.name;
    return {
      forward: forward ?? this.#packing.copy(matrix, { transposed: false }),
      transposed: this.#packing.copy(matrix, { transposed: true }),
      gradient: this.#arena.gradient(matrices[0]!.name),
      bias: biased === undefined ? null : this.#arena.weight(biased),
      biasGradient: biased === undefined ? null : this.#arena.gradient(biased),
      scale,
      adapters: [],
    };
  }

  /** A gain. */
  norm(group: ParameterGroup): Promise<NormWeights> {
    const { name } = group[0]!;
    return Promise.resolve({
      gain: this.#arena.weight(name),
      gradient: this.#arena.gradient(name),
    });
  }

  #matrix(group: ParameterGroup): MasterMatrix {
    return {
      master: this.#arena.weight(group[0]!.name),
      rows: groupRows(group),
      columns: group[0]!.shape[1]!,
    };
  }
}

/** Rows of all matrices of a group. */
export function groupRows(group: ParameterGroup): number {
  return group.reduce((sum, { shape }) => sum + shape[0]!, 0);
}
