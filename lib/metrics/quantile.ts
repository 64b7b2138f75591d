/**
 * The `q`-quantile of numbers by linear interpolation between order statistics: with n values sorted ascending it stands at
 * index q (n - 1). This is type 7 of Hyndman and Fan (1996), the default of NumPy and R. `NaN` for no values.
 *
 * @throws {RangeError} for `q` outside [0, 1].
 *
 * @module
 */

/** The `q`-quantile, 0 <= q <= 1, linear interpolation (Hyndman and Fan 1996, type 7). */
export function quantile(values: readonly number[], q: number): number {
  if (!(q >= 0 && q <= 1)) {
    throw new RangeError(`quantile ${q}, wanted a number in [0, 1]`);
  }
  const sorted = Float64Array.from(values).sort();
  const at = q * (sorted.length - 1);
  const low = sorted[Math.floor(at)], high = sorted[Math.ceil(at)];
  if (low === undefined || high === undefined) return NaN;
  return low + (high - low) * (at - Math.floor(at));
}

/** Arithmetic mean; `NaN` for no values. */
export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
