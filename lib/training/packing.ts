/**
 * Packed copies of master matrices: what is packed from where, and the records that do it.
 *
 * @module
 */
import type {
  BufferRef,
  CommandEncoder,
  Device,
  Weight,
} from "../engine/mod.ts";

/** Element type of packed copies. */
export type Precision = "f32" | "bf16";

/** A packed copy of a master matrix. */
export interface PackedCopy {
  readonly weight: Weight;
  /** f32 `[rows, columns]`. */
  readonly master: BufferRef;
  readonly rows: number;
  readonly columns: number;
  readonly transposed: boolean;
  readonly scale: number;
}

/** A master matrix to be packed. */
export interface MasterMatrix {
  readonly master: BufferRef;
  readonly rows: number;
  readonly columns: number;
  /** Factor of the packed copies. Default 1. */
  readonly scale?: number;
}

/** Creates packed copies on one device and keeps the list of what they are copies of. */
export class Packing {
  readonly #device: Device;
  readonly #dtype: Precision;
  readonly #copies: PackedCopy[] = [];

  /** Copies will be of element type `dtype`. */
  constructor(device: Device, dtype: Precision) {
    this.#device = device;
    this.#dtype = dtype;
  }

  /** A copy as it is, `[rows, columns]`, or transposed; zeros until the next packing. */
  copy(
    { master, rows, columns, scale = 1 }: MasterMatrix,
    { transposed }: { readonly transposed: boolean },
  ): Weight {
    const weight = this.#device.weight({
      dtype: this.#dtype,
      rows: transposed ? columns : rows,
      columns: transposed ? rows : columns,
    });
    this.#copies.push({ weight, master, rows, columns, transposed, scale });
    return weight;
  }

  /** Records the packing of every copy from what its master holds then. */
  record(encoder: CommandEncoder): void {
    for (const each of this.#copies) {
      encoder.pack({
        weight: each.weight,
        src: each.master,
        rows: each.rows,
        cols: each.columns,
        srcStride: each.columns,
        transpose: Number(each.transposed),
        scale: each.scale,
      });
    }
  }

  /** Frees the copies. Idempotent. */
  destroy(): void {
    for (const { weight } of this.#copies) weight.destroy();
  }
}
