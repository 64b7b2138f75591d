/**
 * Tokens and confidences from the toy's logits, in float64, rounded once at the end.
 *
 * @module
 */
import type {
  BranchPredictions,
  BranchWindow,
  SamplingOptions,
} from "../model/types.ts";
import { roundToBf16 } from "./bf16.ts";

/** Predictions of a window's requested positions. Top-p, top-k and extra outputs are not part of the toy. */
export function samplePredictions(
  window: BranchWindow,
  sampling: SamplingOptions,
  logitsFor: (position: number) => Float64Array,
): BranchPredictions {
  const { predict, uniforms } = window;
  const n = predict.length;
  const out = {
    positions: predict.slice(),
    tokens: new Int32Array(n),
    probability: new Float32Array(n),
    margin: new Float32Array(n),
    negEntropy: new Float32Array(n),
  };
  const round = sampling.confidenceDtype === "bf16" ? roundToBf16 : Math.fround;
  predict.forEach((position, i) => {
    const p = softmax(logitsFor(position), sampling);
    const token = sampling.temperature > 0
      ? draw(p, uniforms![i]!)
      : p.indexOf(Math.max(...p));
    const [first, second] = p.toSorted((a, b) => b - a);
    out.tokens[i] = token;
    out.probability[i] = round(p[token]!);
    out.margin[i] = round(first! - second!);
    out.negEntropy[i] = round(
      p.reduce((sum, x) => sum + x * Math.log(x + sampling.entropyEpsilon), 0),
    );
  });
  return out;
}

/** Probabilities after temperature, barred tokens left out. */
function softmax(
  logits: Float64Array,
  { temperature, barred }: SamplingOptions,
): Float64Array {
  const scaled = logits.map((z, v) =>
    barred.includes(v) ? -Infinity : temperature > 0 ? z / temperature : z
  );
  const top = Math.max(...scaled);
  const weights = scaled.map((z) => Math.exp(z - top));
  const total = weights.reduce((sum, w) => sum + w, 0);
  return weights.map((w) => w / total);
}

/** The first token, in id order, whose cumulative probability exceeds the uniform. */
function draw(p: Float64Array, uniform: number): number {
  let mass = 0;
  const token = p.findIndex((x) => (mass += x) > uniform);
  return token < 0 ? p.indexOf(Math.max(...p)) : token;
}
