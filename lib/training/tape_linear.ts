/**
 * Linear layers with low-rank adapters.
 *
 * @module
 */
import type { AdapterWeights, LinearWeights } from "./network.ts";
import { columns, type Tape, type Value } from "./tape.ts";
import type { Workspace } from "./workspace.ts";

/** One application of a linear layer. */
export interface LinearStep {
  readonly weights: LinearWeights;
  readonly input: Value;
  readonly output: Value;
  /** Added to the output. Its gradient must lie in the same place as the output's, so that it needs no operation. */
  readonly residual?: Value;
  /** Code of the element type in which weights' gradients are multiplied. */
  readonly dtype: number;
  /** Keeps `A x` of the adapters, under a name of its own. */
  readonly workspace: Workspace;
  readonly name: string;
}

/** `output = input W^T + bias + residual + sum of scale B (A input)`. */
export function linear(tape: Tape, step: LinearStep): void {
  const { weights, input, output, residual } = step;
  multiply(tape, {
    weights,
    input,
    output,
    ...(residual ? { residual } : {}),
  });
  const inner = weights.adapters.map((adapter) =>
    applyAdapter(tape, step, adapter)
  );
  tape.onBackward(() => {
    gradients(tape, step, { onto: false });
    weights.adapters.forEach((adapter, i) => {
      const target = adapterOutput(output, adapter);
      const up = { ...step, weights: adapter.b, input: inner[i]! };
      gradients(tape, { ...up, output: target }, { onto: false });
      const down = { ...step, weights: adapter.a, output: inner[i]! };
      gradients(tape, down, { onto: true });
    });
  });
}

/** Adds `B (A x)` to the adapter's columns of the output; gives `A x`. */
function applyAdapter(
  tape: Tape,
  step: LinearStep,
  adapter: AdapterWeights,
): Value {
  const { input, output, workspace, name } = step;
  const rank = adapter.a.forward.options.rows;
  const inner = workspace.value(`${name}: ${adapter.module}`, {
    width: rank,
    rows: input.rows,
    gradient: input.gradient && `${input.rows.maxRows} x ${rank}`,
  });
  multiply(tape, { weights: adapter.a, input, output: inner });
  const target = adapterOutput(output, adapter);
  multiply(tape, {
    weights: adapter.b,
    input: inner,
    output: target,
    residual: target,
  });
  return inner;
}

function adapterOutput(output: Value, adapter: AdapterWeights): Value {
  return columns(output, adapter.begin, adapter.b.forward.options.rows);
}

function multiply(
  tape: Tape,
  { weights, input, output, residual }: Pick<
    LinearStep,
    "weights" | "input" | "output" | "residual"
  >,
): void {
  tape.encoder.matmul({
    input: input.data,
    inStride: input.stride,
    weight: weights.forward,
    ...(weights.bias ? { bias: weights.bias } : {}),
    ...(residual
      ? { residual: residual.data, residualStride: residual.stride }
      : {}),
    out: output.data,
    outStride: output.stride,
    outCols: weights.forward.options.rows,
    ...input.rows,
  });
}

/** Gradients of weight, bias and input; the input's is written, or added where it is `onto` something. */
function gradients(
  { encoder }: Tape,
  { weights, input, output, dtype }: Omit<LinearStep, "workspace" | "name">,
  { onto }: { readonly onto: boolean },
): void {
  const { rows: n, columns: k } = weights.forward.options;
  const dout = output.gradient!;
  if (weights.gradient !== null) {
    encoder.matmulGrad({
      dout,
      doutStride: output.stride,
      input: input.data,
      inStride: input.stride,
      dweight: weights.gradient,
      ...(weights.biasGradient ? { dbias: weights.biasGradient } : {}),
      n,
      k,
      ...input.rows,
      dtype,
      scale: weights.scale,
    });
  }
  if (input.gradient === null) return;
  encoder.matmul({
    input: dout,
    inStride: output.stride,
    weight: weights.transposed!,
    ...(onto ? { residual: input.gradient, residualStride: input.stride } : {}),
    out: input.gradient,
    outStride: input.stride,
    outCols: k,
    ...input.rows,
  });
}
