/**
 * Device memory of a pass, by name: whoever records the same pass again gets the same places.
 *
 * @module
 */
import type { BufferRef, Device, DeviceBuffer } from "../engine/mod.ts";
import type { RowCount, Value } from "./tape.ts";

/** How a value is kept. */
export interface ValueOptions {
  readonly width: number;
  readonly rows: RowCount;
  /** Name of the place of its gradient, which later values of that name share; `null` for none. */
  readonly gradient: string | null;
}

/** Named buffers of one capacity. */
export class Workspace {
  readonly #device: Device;
  readonly #places = new Map<string, DeviceBuffer>();

  /** Nothing is allocated yet. */
  constructor(device: Device) {
    this.#device = device;
  }

  /** The place `name`, of `floats` elements. */
  place(name: string, floats: number): BufferRef {
    const known = this.#places.get(name);
    if (known?.bytes === 4 * floats) return known;
    if (known !== undefined) {
      throw new RangeError(
        `Cannot use the place ${name} for ${floats} floats: it has ${known.bytes} bytes. Start a new workspace to grow`,
      );
    }
    const buffer = this.#device.buffer(4 * floats);
    this.#places.set(name, buffer);
    return buffer;
  }

  /** A contiguous value at the place `name`. */
  value(name: string, { width, rows, gradient }: ValueOptions): Value {
    const floats = width * rows.maxRows;
    return {
      data: this.place(name, floats),
      gradient: gradient === null
        ? null
        : this.place(`gradient of ${gradient}`, floats),
      width,
      stride: width,
      rows,
    };
  }

  /** Frees everything. Idempotent. */
  destroy(): void {
    for (const buffer of this.#places.values()) buffer.destroy();
    this.#places.clear();
  }
}
