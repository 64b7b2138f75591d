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

/** Options of {@linkcode bootstrapSums}. */
export interface SumsOptions extends BootstrapOptions {
  /** The statistic. */
  readonly statistic: SumsStatistic;
}

/** A statistic of the sum of each column over a resample. */
export type SumsStatistic = (sums: Float64Array) => number;

/** Options of {@linkcode bootstrapStatistics}. */
export interface StatisticsOptions<Name extends string>
  extends BootstrapOptions {
  /** The statistics by name. */
  readonly statistics: Readonly<Record<Name, SumsStatistic>>;
}

/**
 * Bootstrap intervals of several statistics of sums, from the same resamples. Each is what {@linkcode bootstrapSums} gives for it
 * alone. Resamples of which a statistic is `NaN` do not count for it.
 */
export function bootstrapStatistics<Name extends string>(
  samples: readonly (readonly number[])[],
  options: StatisticsOptions<Name>,
): Record<Name, Interval> {
  const { resamples = 2000, confidence = 0.95, statistics } = options;
  const next = splitMix64(options.seed);
  const count = samples.length, columns = samples[0]?.length ?? 0;
  const flat = Float64Array.from(samples.flat());
  const names = Object.keys(statistics) as Name[];
  const values = names.map(() => new Array<number>(resamples));
  for (let i = 0; i < resamples; i++) {
    const sums = new Float64Array(columns);
    for (let n = 0; n < count; n++) {
      const row = columns * Math.floor(next() * count);
      for (let c = 0; c < columns; c++) sums[c]! += flat[row + c]!;
    }
    names.forEach((name, k) => values[k]![i] = statistics[name](sums));
  }
  return Object.fromEntries(names.map((name, k) => {
    const known = values[k]!.filter((value) => !Number.isNaN(value));
    return [name, {
      low: quantile(known, (1 - confidence) / 2),
      high: quantile(known, (1 + confidence) / 2),
    }];
  })) as Record<Name, Interval>;
}

/**
 * Bootstrap interval of a statistic of sums over the samples; faster than {@linkcode bootstrap}, and the same where that is given
 * the same statistic. Each sample is a row with one number per column.
 */
export function bootstrapSums(
  samples: readonly (readonly number[])[],
  options: SumsOptions,
): Interval {
  const { statistic, ...shared } = options;
  const statistics = { statistic };
  return bootstrapStatistics(samples, { ...shared, statistics }).statistic;
}

/**
 * Bootstrap interval of a ratio of sums, e.g. tokens per forward of a run. Samples are `[numerator, denominator]`.
 */
export function bootstrapRatio(
  samples: readonly (readonly [number, number])[],
  options: BootstrapOptions,
): Interval {
  return bootstrapSums(samples, {
    ...options,
    statistic: (sums) => sums[0]! / sums[1]!,
  });
}
