/**
 * Confidence arithmetic in the dtype of the reference's logits. The public scripts run the Dream family in bfloat16, where
 * probabilities, the mean of a branch and the threshold itself are rounded, so ties and threshold crossings differ from f32.
 *
 * @module
 */
import type { ConfidenceDtype } from "../model/types.ts";

const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);

/** Rounds to the nearest bfloat16 by way of f32, ties to even, as a cast from a Python number does. NaN stays NaN. */
export function roundToBf16(value: number): number {
  if (Number.isNaN(value)) return value;
  float[0] = value;
  const word = bits[0]!;
  if ((word & 0x7f800000) === 0x7f800000) return float[0];
  bits[0] = (word + 0x7fff + ((word >>> 16) & 1)) & 0xffff0000;
  return float[0];
}

/**
 * The threshold that a confidence of this dtype is compared with. A comparison between a tensor and a number happens in the
 * tensor's dtype: under bf16, `p > 0.85` holds from 0.85546875 on.
 */
export function roundThreshold(
  threshold: number,
  dtype: ConfidenceDtype,
): number {
  return dtype === "bf16" ? roundToBf16(threshold) : Math.fround(threshold);
}

/**
 * Arithmetic mean of confidences, rounded to their dtype. Under bf16 the sum is accumulated in f32, element by element.
 *
 * @throws RangeError when there is nothing to average.
 */
export function meanConfidence(
  values: ArrayLike<number>,
  dtype: ConfidenceDtype,
): number {
  if (values.length === 0) {
    throw new RangeError(
      "no confidences were given; a mean wants at least one",
    );
  }
  let sum = 0;
  for (let i = 0; i < values.length; i++) {
    sum = dtype === "bf16" ? Math.fround(sum + values[i]!) : sum + values[i]!;
  }
  const mean = sum / values.length;
  return dtype === "bf16" ? roundToBf16(mean) : Math.fround(mean);
}
