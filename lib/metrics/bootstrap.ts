/**
 * Bootstrap intervals. Seeded: the same call gives the same interval.
 *
 * @module
 */
import type { Interval, IntervalOptions } from "./interval.ts";
import { quantile } from "./quantile.ts";
import { splitMix64 } from "./split_mix.ts";

/** Options of the bootstrap. */
export interface BootstrapOptions extends IntervalOptions {
  /** An integer that fixes every resample. */
  readonly seed: number;
  /** Resamples; default 2000. */
  readonly resamples?: number;
}

/**
 * Percentile bootstrap interval of a statistic of samples (Efron 1979): resamples the samples with replacement. For a paired
 * comparison let one sample hold both methods' numbers and the statistic be their difference. `NaN` for no samples.
 *
 * @throws {RangeError} for a seed that is not an integer.
 */
export function bootstrap<T>(
  samples: readonly T[],
  options: BootstrapOptions & {
    readonly statistic: (samples: readonly T[]) => number;
  },
): Interval {
  const { resamples = 2000, confidence = 0.95, statistic } = options;
  const next = splitMix64(options.seed);
  const values = Array.from({ length: resamples }, () =>
    statistic(
      samples.map(() => samples[Math.floor(next() * samples.length)]!),
    ));
  return {
    low: quantile(values, (1 - confidence) / 2),
    high: quantile(values, (1 + confidence) / 2),
  };
}

/**
 * Bootstrap interval of a ratio of sums, e.g. tokens per forward of a run. Samples are `[numerator, denominator]`.
 */
export function bootstrapRatio(
  samples: readonly (readonly [number, number])[],
  options: BootstrapOptions,
): Interval {
  return bootstrap(samples, { ...options, statistic: ratioOfSums });
}

function ratioOfSums(samples: readonly (readonly [number, number])[]): number {
  let top = 0, bottom = 0;
  for (const [a, b] of samples) {
    top += a;
    bottom += b;
  }
  return top / bottom;
}
