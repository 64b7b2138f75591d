/**
 * What an interval is, and the normal quantile that score intervals need.
 *
 * @module
 */

/** A confidence interval. */
export interface Interval {
  /** Lower end. */
  readonly low: number;
  /** Upper end. */
  readonly high: number;
}

/** Options of every interval. */
export interface IntervalOptions {
  /** Share of such intervals that cover the true value, in (0, 1); default 0.95. */
  readonly confidence?: number;
}

/** Quantile of the standard normal distribution, by bisection on its distribution function. */
export function normalQuantile(p: number): number {
  let low = -40, high = 40;
  for (let i = 0; i < 200; i++) {
    const middle = (low + high) / 2;
    if (normalCdf(middle) < p) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** Distribution function of the standard normal: series near 0, continued fraction in the tails. */
function normalCdf(x: number): number {
  const density = Math.exp(-x * x / 2) / Math.sqrt(2 * Math.PI);
  const z = Math.abs(x);
  let tail: number;
  if (z < 3) {
    let term = z, total = z;
    for (let n = 1; term > 1e-18 * total; n++) {
      term *= z * z / (2 * n + 1);
      total += term;
    }
    tail = 0.5 - density * total;
  } else {
    let fraction = z;
    for (let n = 200; n >= 1; n--) fraction = z + n / fraction;
    tail = density / fraction;
  }
  return x < 0 ? tail : 1 - tail;
}
