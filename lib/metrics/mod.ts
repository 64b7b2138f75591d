/**
 * Metrics: every definition of tokens per forward and per second in use, what decoding costs, and how sure the numbers are. All of them
 * are computed from traces.
 *
 * @module
 */
export { agreement } from "./agreement.ts";
export { aup, type AupPoint } from "./aup.ts";
export {
  bootstrap,
  type BootstrapOptions,
  bootstrapRatio,
  bootstrapStatistics,
  bootstrapSums,
  type StatisticsOptions,
  type SumsOptions,
  type SumsStatistic,
} from "./bootstrap.ts";
export {
  addBins,
  binOf,
  calibrate,
  type CalibrationBin,
  calibrationBins,
  expectedCalibrationError,
  overconfidence,
} from "./calibration.ts";
export type { Interval, IntervalOptions } from "./interval.ts";
export {
  deviation,
  meanInterval,
  studentQuantile,
  sumValues,
  type ValueSums,
} from "./mean_interval.ts";
export { measure, measureOne, METRICS } from "./metrics.ts";
export {
  parallelCounts,
  type ParallelTokens,
  parallelTokens,
  type ParallelTokensOptions,
} from "./parallel.ts";
export { type BlockPasses, blockPasses, settledPasses } from "./passes.ts";
export { mcnemar, type PairedAccuracy, wilson } from "./proportions.ts";
export { quantile } from "./quantile.ts";
export type {
  Metric,
  MetricDefinition,
  MetricOptions,
  MetricValue,
} from "./types.ts";
