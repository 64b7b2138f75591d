/**
 * Counts against their exact distribution. Used by tests only.
 *
 * @module
 */
import { assertLess } from "@std/assert";

/** 1 - 1e-4 quantile of the standard normal distribution. */
const Z = 3.719;

/**
 * Asserts that counts come from a distribution: Pearson's statistic lies below its 0.9999 quantile (Wilson and Hilferty).
 *
 * @param counts Observations per cell.
 * @param probabilities Of each cell; those of 0 must be empty.
 */
export function assertDistribution(
  counts: readonly number[],
  probabilities: readonly number[],
  label = "",
): void {
  const total = counts.reduce((a, b) => a + b, 0);
  let statistic = 0;
  let freedom = -1;
  counts.forEach((count, i) => {
    const expected = total * probabilities[i]!;
    if (expected === 0) return assertLess(count, 1, `${label} cell ${i}`);
    statistic += (count - expected) ** 2 / expected;
    freedom++;
  });
  const spread = 2 / (9 * freedom);
  const bound = freedom * (1 - spread + Z * Math.sqrt(spread)) ** 3;
  assertLess(statistic, bound, label);
}

/** Asserts that the mean of values lies within 4 standard errors of `expected`. */
export function assertMean(
  values: readonly number[],
  expected: number,
  label = "",
): void {
  const n = values.length;
  const mean = values.reduce((a, b) => a + b, 0) / n;
  const variance = values.reduce((a, b) => a + (b - mean) ** 2, 0) / (n - 1);
  assertLess(
    Math.abs(mean - expected),
    4 * Math.sqrt(variance / n) + 1e-12,
    `${label} mean ${mean}, expected ${expected}`,
  );
}
