/**
 * Differentiation over a command buffer: recording an operation also notes how to record its gradient, and `backward` records
 * those in reverse. One buffer holds both passes; nothing is computed here.
 *
 * @module
 */
import type { BufferRef, CommandEncoder } from "../engine/mod.ts";

/** How many rows a value has: word `rowsAt` of the parameters, at most `maxRows`. */
export interface RowCount {
  readonly rowsAt: number;
  readonly maxRows: number;
}

/** A matrix `[rows, width]` of f32 in device memory, `stride` elements from row to row, with a place for its gradient. */
export interface Value {
  readonly data: BufferRef;
  /** Of the same width and stride; `null` where no gradient is wanted. May be `data` where nobody needs the values any more. */
  readonly gradient: BufferRef | null;
  readonly width: number;
  readonly stride: number;
  readonly rows: RowCount;
}

/** Columns `[begin, begin + width)` of a value. */
export function columns(
  value: Value,
  begin: number,
  width: number,
): Value {
  const shifted = ({ id, offset = 0 }: BufferRef) => ({
    id,
    offset: offset + 4 * begin,
  });
  return {
    ...value,
    data: shifted(value.data),
    gradient: value.gradient === null ? null : shifted(value.gradient),
    width,
  };
}

/** Operations recorded so far, and the gradients still to be recorded. */
export class Tape {
  /** Where both passes go. */
  readonly encoder: CommandEncoder;
  #backward: (() => void)[] = [];

  /** Starts with an empty list. */
  constructor(encoder: CommandEncoder) {
    this.encoder = encoder;
  }

  /** Notes what records the gradient of the operation just recorded. */
  onBackward(record: () => void): void {
    this.#backward.push(record);
  }

  /** From here backward on, the value's gradient is summed up from zero: operations that add to a gradient need it. */
  clearGradient(value: Value): void {
    this.onBackward(() => fillGradient(this.encoder, value));
  }

  /** Records the gradients of everything recorded so far, last operation first. */
  backward(): void {
    for (const record of this.#backward.reverse()) record();
    this.#backward = [];
  }
}

/** Records the zeroing of a whole gradient. */
export function fillGradient(encoder: CommandEncoder, value: Value): void {
  if (value.gradient === null) return;
  encoder.fill({
    dst: value.gradient,
    count: value.rows.maxRows * value.stride,
    value: 0,
  });
}
