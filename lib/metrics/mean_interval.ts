/**
 * Student's interval of a mean, for few values.
 *
 * @module
 */
import type { Interval, IntervalOptions } from "./interval.ts";

/** What a mean and its interval are made from. */
export interface ValueSums {
  /** Number of values. */
  readonly count: number;
  /** Their sum. */
  readonly sum: number;
  /** Sum of their squares. */
  readonly squares: number;
}

/** Adds values up. */
export function sumValues(values: readonly number[]): ValueSums {
  return {
    count: values.length,
    sum: values.reduce((sum, value) => sum + value, 0),
    squares: values.reduce((sum, value) => sum + value * value, 0),
  };
}

/** Standard deviation of a sample; `null` for fewer than two values. */
export function deviation(
  { count, sum, squares }: ValueSums,
): number | null {
  if (count < 2) return null;
  // Rounding may leave less than nothing where all values are equal.
  return Math.sqrt(Math.max(0, squares - sum * sum / count) / (count - 1));
}

/** Interval of the mean by Student's t, as for values of a normal distribution; `null` for fewer than two. */
export function meanInterval(
  sums: ValueSums,
  { confidence = 0.95 }: IntervalOptions = {},
): Interval | null {
  const spread = deviation(sums);
  if (spread === null) return null;
  const { count, sum } = sums;
  const half = studentQuantile((1 + confidence) / 2, count - 1) * spread /
    Math.sqrt(count);
  return { low: sum / count - half, high: sum / count + half };
}

/** Quantile of Student's distribution with a whole number of degrees of freedom, for p from 0.5 on; by bisection. */
export function studentQuantile(p: number, freedom: number): number {
  let low = 0, high = 1;
  while (studentCdf(high, freedom) < p && high < 1e12) high *= 2;
  for (let i = 0; i < 100; i++) {
    const middle = (low + high) / 2;
    if (studentCdf(middle, freedom) < p) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** Distribution function at t >= 0: finite sums of powers of a cosine (Abramowitz and Stegun 26.7.3 and 26.7.4). */
function studentCdf(t: number, freedom: number): number {
  const angle = Math.atan(t / Math.sqrt(freedom));
  const cos2 = Math.cos(angle) ** 2;
  const odd = freedom % 2 === 1;
  let term = odd ? Math.cos(angle) : 1, sum = freedom === 1 ? 0 : term;
  for (let k = odd ? 3 : 2; k <= freedom - 2; k += 2) {
    term *= cos2 * (k - 1) / k;
    sum += term;
  }
  const inside = odd
    ? 2 / Math.PI * (angle + Math.sin(angle) * sum)
    : Math.sin(angle) * sum;
  return (1 + inside) / 2;
}
