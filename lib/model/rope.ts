/**
 * Rotary position embedding, rotate-half convention, computed in float32 as the reference networks do.
 *
 * @module
 */

/** What a table depends on. */
export interface RopeShape {
  /** Even. */
  readonly headDim: number;
  readonly theta: number;
}

/**
 * Cosines and sines per position, `[positions, headDim]`: the first half of a row cosines, the second sines, of
 * position / theta^(2i / headDim).
 */
export function ropeTable(
  positions: number,
  { headDim, theta }: RopeShape,
): Float32Array {
  const half = headDim / 2;
  const table = new Float32Array(positions * headDim);
  const frequencies = Float32Array.from(
    { length: half },
    (_, i) => 1 / Math.fround(theta ** Math.fround(2 * i / headDim)),
  );
  for (let position = 0; position < positions; position++) {
    for (let i = 0; i < half; i++) {
      const angle = Math.fround(position * frequencies[i]!);
      table[position * headDim + i] = Math.cos(angle);
      table[position * headDim + half + i] = Math.sin(angle);
    }
  }
  return table;
}

/**
 * Rotates rows of heads in place: row r holds `heads` vectors of `headDim` and stands at position `positions[r]`.
 *
 * @param rows `[positions.length, heads * headDim]`.
 * @param table As {@linkcode ropeTable} gives it.
 */
export function rotateRows(
  rows: Float32Array,
  table: Float32Array,
  { positions, headDim }: {
    readonly positions: ArrayLike<number>;
    readonly headDim: number;
  },
): void {
  const half = headDim / 2;
  const width = positions.length === 0 ? 0 : rows.length / positions.length;
  for (let r = 0; r < positions.length; r++) {
    const at = positions[r]! * headDim;
    for (let head = r * width; head < (r + 1) * width; head += headDim) {
      for (let i = 0; i < half; i++) {
        const cos = table[at + i]!;
        const sin = table[at + half + i]!;
        const x = rows[head + i]!;
        const y = rows[head + half + i]!;
        rows[head + i] = Math.fround(x * cos) - Math.fround(y * sin);
        rows[head + half + i] = Math.fround(y * cos) + Math.fround(x * sin);
      }
    }
  }
}
