/**
 * Calibration: whether a model that is sure by 0.9 is right nine times out of ten.
 *
 * @module
 */

/** Predictions whose confidence lies in one bin. JSON. */
export type CalibrationBin = {
  /** Least confidence of the bin. */
  readonly low: number;
  /** First confidence above it; the last bin includes 1. */
  readonly high: number;
  /** Predictions in it. */
  readonly count: number;
  /** Sum of their confidences. */
  readonly confidence: number;
  /** Number of them that are right. */
  readonly right: number;
};

/** `count` empty bins of equal width over [0, 1]. Throws a `RangeError` unless `count` is a whole number of at least 1. */
export function calibrationBins(count: number): CalibrationBin[] {
  if (!Number.isSafeInteger(count) || count < 1) {
    throw new RangeError(`${count} bins are wanted; give at least 1`);
  }
  return Array.from({ length: count }, (_, i) => ({
    ...{ low: i / count, high: (i + 1) / count },
    ...{ count: 0, confidence: 0, right: 0 },
  }));
}

/** Index of the bin of a confidence in [0, 1]. Throws a `RangeError` on any other number. */
export function binOf(confidence: number, count: number): number {
  if (!(confidence >= 0 && confidence <= 1 + 1e-6)) {
    throw new RangeError(
      `the confidence is ${confidence}; a probability from 0 to 1 is wanted`,
    );
  }
  return Math.min(count - 1, Math.floor(confidence * count));
}

/** Counts predictions: pairs of a confidence and whether it was right. */
export function calibrate(
  predictions: Iterable<readonly [confidence: number, right: boolean]>,
  bins = 20,
): CalibrationBin[] {
  const found = calibrationBins(bins).map((bin) => ({ ...bin }));
  for (const [confidence, right] of predictions) {
    const bin = found[binOf(confidence, bins)]!;
    bin.count++;
    bin.confidence += confidence;
    bin.right += Number(right);
  }
  return found;
}

/** Bins of the same widths added up. */
export function addBins(
  a: readonly CalibrationBin[],
  b: readonly CalibrationBin[],
): CalibrationBin[] {
  return a.map((bin, i) => ({
    ...bin,
    count: bin.count + b[i]!.count,
    confidence: bin.confidence + b[i]!.confidence,
    right: bin.right + b[i]!.right,
  }));
}

/**
 * Expected calibration error (arXiv 1706.04599): the mean over predictions of |confidence - share right| of their bin, in [0, 1];
 * `null` without predictions.
 */
export function expectedCalibrationError(
  bins: readonly CalibrationBin[],
): number | null {
  const total = bins.reduce((sum, { count }) => sum + count, 0);
  if (total === 0) return null;
  const error = bins.reduce(
    (sum, { confidence, right }) => sum + Math.abs(confidence - right),
    0,
  );
  return error / total;
}

/** Mean confidence less the share that is right, in [-1, 1]: above 0 for a model that is too sure. `null` without predictions. */
export function overconfidence(bins: readonly CalibrationBin[]): number | null {
  const total = bins.reduce((sum, { count }) => sum + count, 0);
  if (total === 0) return null;
  const excess = bins.reduce(
    (sum, { confidence, right }) => sum + confidence - right,
    0,
  );
  return excess / total;
}
