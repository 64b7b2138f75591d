/**
 * Root-mean-square norm.
 *
 * @module
 */
import type { NormWeights } from "./network.ts";
import type { Tape, Value } from "./tape.ts";

/** One application of a norm. */
export interface NormStep {
  readonly weights: NormWeights;
  readonly input: Value;
  readonly output: Value;
  readonly eps: number;
}

/** `output = input / sqrt(mean(input^2) + eps) * gain`. The input's gradient is added to what its place holds. */
export function rmsNorm(tape: Tape, step: NormStep): void {
  const { weights, input, output, eps } = step;
  const { encoder } = tape;
  const { width, rows } = input;
  encoder.rmsNorm({
    input: input.data,
    inStride: input.stride,
    gain: weights.gain,
    out: output.data,
    outStride: output.stride,
    width,
    ...rows,
    eps,
  });
  tape.onBackward(() =>
    encoder.rmsNormGrad({
      input: input.data,
      inStride: input.stride,
      gain: weights.gain,
      dout: output.gradient!,
      doutStride: output.stride,
      din: input.gradient!,
      dinStride: input.stride,
      ...(weights.gradient ? { dgain: weights.gradient } : {}),
      width,
      ...rows,
      eps,
    })
  );
}
