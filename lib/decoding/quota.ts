/**
 * LLaDA's fixed quotas.
 *
 * @module
 */

/**
 * How many of `masks` tokens each of `steps` steps writes: equal shares, the remainder one each to the first steps
 * (LLaDA, ML-GSAI/LLaDA generate.py, `get_num_transfer_tokens`).
 *
 * @returns `[steps]`, summing to `masks`.
 * @throws {RangeError} Unless `masks` is an integer >= 0 and `steps` one >= 1.
 */
export function quotaTable(masks: number, steps: number): number[] {
  if (
    !Number.isSafeInteger(masks) || masks < 0 || !Number.isSafeInteger(steps) ||
    steps < 1
  ) {
    throw new RangeError(
      `cannot share ${masks} masks over ${steps} steps; give integers, at least 0 masks and at least 1 step`,
    );
  }
  const share = Math.floor(masks / steps);
  const extra = masks % steps;
  return Array.from({ length: steps }, (_, i) => share + (i < extra ? 1 : 0));
}
