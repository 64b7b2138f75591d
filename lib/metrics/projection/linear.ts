/**
 * Solving small symmetric systems of linear equations.
 *
 * @module
 */

/**
 * The x with `matrix` x = `vector`, by Gaussian elimination with row exchange. For an indefinite or singular matrix the result may
 * hold infinities or NaN; callers look at what they need of it.
 *
 * @param matrix n rows of n numbers.
 * @param vector n numbers.
 */
export function solveSymmetric(
  matrix: readonly (readonly number[])[],
  vector: readonly number[],
): number[] {
  const n = vector.length;
  const rows = matrix.map((row, i) => [...row, vector[i]!]);
  for (let pivot = 0; pivot < n; pivot++) {
    let best = pivot;
    for (let i = pivot + 1; i < n; i++) {
      if (Math.abs(rows[i]![pivot]!) > Math.abs(rows[best]![pivot]!)) best = i;
    }
    [rows[pivot], rows[best]] = [rows[best]!, rows[pivot]!];
    for (let i = pivot + 1; i < n; i++) {
      const factor = rows[i]![pivot]! / rows[pivot]![pivot]!;
      for (let j = pivot; j <= n; j++) {
        rows[i]![j]! -= factor * rows[pivot]![j]!;
      }
    }
  }
  const x = new Array<number>(n).fill(0);
  for (let i = n - 1; i >= 0; i--) {
    const known = x.reduce((sum, value, j) => sum + rows[i]![j]! * value, 0);
    x[i] = (rows[i]![n]! - known) / rows[i]![i]!;
  }
  return x;
}
