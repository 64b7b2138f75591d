/**
 * The gated product of the MLP.
 *
 * @module
 */
import type { Tape, Value } from "./tape.ts";

/** `output = silu(gate) * up` where each input row is `[gate, up]`. The input's gradient may take the input's own place. */
export function swiglu(
  tape: Tape,
  { input, output }: { readonly input: Value; readonly output: Value },
): void {
  const { encoder } = tape;
  const { width, rows } = output;
  encoder.swiglu({
    input: input.data,
    inStride: input.stride,
    out: output.data,
    outStride: output.stride,
    width,
    ...rows,
  });
  tape.onBackward(() =>
    encoder.swigluGrad({
      input: input.data,
      inStride: input.stride,
      dout: output.gradient!,
      doutStride: output.stride,
      din: input.gradient!,
      dinStride: input.stride,
      width,
      ...rows,
    })
  );
}
