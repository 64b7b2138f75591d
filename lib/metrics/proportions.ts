/**
 * Score intervals of accuracies, alone and paired.
 *
 * @module
 */
import {
  type Interval,
  type IntervalOptions,
  normalQuantile,
} from "./interval.ts";

/**
 * Wilson's score interval of a proportion (Wilson 1927), e.g. of an accuracy.
 *
 * @throws {RangeError} unless 0 <= successes <= trials and trials > 0, both integers.
 */
export function wilson(
  successes: number,
  { trials, confidence = 0.95 }: IntervalOptions & { readonly trials: number },
): Interval {
  if (
    !Number.isInteger(successes) || !Number.isInteger(trials) ||
    successes < 0 || successes > trials || trials === 0
  ) {
    throw new RangeError(
      `${successes} successes of ${trials} trials, wanted 0 <= successes <= trials, trials > 0`,
    );
  }
  const z = normalQuantile((1 + confidence) / 2);
  const p = successes / trials, z2 = z * z;
  const centre = (p + z2 / (2 * trials)) / (1 + z2 / trials);
  const half = z / (1 + z2 / trials) *
    Math.sqrt(p * (1 - p) / trials + z2 / (4 * trials * trials));
  return {
    low: successes === 0 ? 0 : centre - half,
    high: successes === trials ? 1 : centre + half,
  };
}

/** Outcome of a paired comparison of two methods on the same items. */
export interface PairedAccuracy extends Interval {
  /** Accuracy of the first method minus that of the second. */
  readonly difference: number;
  /** Two-sided exact p-value of McNemar's test (1947): the discordant pairs are a fair coin. */
  readonly p: number;
}

/**
 * McNemar's exact test, with Newcombe's score interval of the difference of two paired proportions (Newcombe 1998, method 10).
 *
 * `outcomes`: for each item whether the first and the second method were right.
 *
 * @throws {RangeError} for no items.
 */
export function mcnemar(
  outcomes: readonly (readonly [boolean, boolean])[],
  { confidence = 0.95 }: IntervalOptions = {},
): PairedAccuracy {
  const n = outcomes.length;
  if (n === 0) throw new RangeError("no items, wanted at least one");
  const cell = (a: boolean, b: boolean) =>
    outcomes.filter(([x, y]) => x === a && y === b).length;
  const both = cell(true, true), neither = cell(false, false);
  const first = cell(true, false), second = cell(false, true);
  const p1 = (both + first) / n, p2 = (both + second) / n;
  const i1 = wilson(both + first, { trials: n, confidence });
  const i2 = wilson(both + second, { trials: n, confidence });
  const phi = correlation({ both, first, second, neither });
  const half = (a: number, b: number) =>
    Math.sqrt(Math.max(0, a * a - 2 * phi * a * b + b * b));
  return {
    difference: p1 - p2,
    low: p1 - p2 - half(p1 - i1.low, i2.high - p2),
    high: p1 - p2 + half(i1.high - p1, p2 - i2.low),
    p: fairCoin(first, second),
  };
}

function correlation(
  { both, first, second, neither }: {
    both: number;
    first: number;
    second: number;
    neither: number;
  },
): number {
  const n = both + first + second + neither;
  const margins = (both + first) * (second + neither) * (both + second) *
    (first + neither);
  if (margins === 0) return 0;
  const product = both * neither - first * second;
  const corrected = product > n / 2
    ? product - n / 2
    : product >= 0
    ? 0
    : product;
  return corrected / Math.sqrt(margins);
}

/** Probability that a fair coin splits `a + b` tosses at least as unevenly as `a` to `b`. */
function fairCoin(a: number, b: number): number {
  const n = a + b, few = Math.min(a, b);
  let logTerm = n * Math.log(0.5), tail = 0;
  for (let k = 0; k <= few; k++) {
    tail += Math.exp(logTerm);
    logTerm += Math.log((n - k) / (k + 1));
  }
  return Math.min(1, 2 * tail);
}
