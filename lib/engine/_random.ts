/** Seeded data for tests and benches of the engine. */
import type { Matrix } from "./_oracle.ts";

/** Uniform numbers in [-1, 1), the same for the same seed (Lehmer generator modulo 2^31 - 1). */
export function randomFloats(count: number, seed: number): Float32Array {
  let state = (seed * 7919 + 1) % 2147483647;
  return Float32Array.from({ length: count }, () => {
    state = state * 48271 % 2147483647;
    return 2 * state / 2147483647 - 1;
  });
}

/** Matrix of seeded random numbers. */
export function randomMatrix(
  rows: number,
  columns: number,
  options: { seed: number },
): Matrix {
  return { rows, columns, data: randomFloats(rows * columns, options.seed) };
}
