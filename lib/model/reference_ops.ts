/**
 * The operations of the reference transformer: float32 arrays, sums in float64, no blocking, no fusion.
 *
 * @module
 */
import { roundToBf16 } from "./float_types.ts";
import type { ReferenceLinear } from "./reference_weights.ts";

/**
 * `out[r, j] = sum_k in[r, k] * matrix[j, k] + bias[j]`.
 *
 * @param input `[rows, inputs]`.
 * @returns `[rows, outputs]`.
 */
export function linear(
  input: Float32Array,
  weights: ReferenceLinear,
  rows: number,
): Float32Array {
  const { matrix, bias } = weights;
  const x = weights.bf16 ? input.map(roundToBf16) : input;
  const inputs = x.length / rows;
  const outputs = matrix.length / inputs;
  const out = new Float32Array(rows * outputs);
  for (let r = 0; r < rows; r++) {
    const row = x.subarray(r * inputs, (r + 1) * inputs);
    for (let j = 0; j < outputs; j++) {
      const at = j * inputs;
      let even = 0;
      let odd = 0;
      let k = 0;
      for (; k + 1 < inputs; k += 2) {
        even += row[k]! * matrix[at + k]!;
        odd += row[k + 1]! * matrix[at + k + 1]!;
      }
      if (k < inputs) even += row[k]! * matrix[at + k]!;
      out[r * outputs + j] = even + odd + (bias === null ? 0 : bias[j]!);
    }
  }
  return out;
}

/** `out[r] = in[r] / sqrt(mean(in[r]^2) + eps) * gain`, rows of `gain.length`. */
export function rmsNorm(
  input: Float32Array,
  gain: Float32Array,
  { eps }: { readonly eps: number },
): Float32Array {
  const width = gain.length;
  const out = new Float32Array(input.length);
  for (let at = 0; at < input.length; at += width) {
    let squares = 0;
    for (let k = 0; k < width; k++) squares += input[at + k]! * input[at + k]!;
    const scale = 1 / Math.sqrt(squares / width + eps);
    for (let k = 0; k < width; k++) {
      out[at + k] = Math.fround(input[at + k]! * scale) * gain[k]!;
    }
  }
  return out;
}

/** `silu(gate) * up`, element by element. */
export function swiglu(gate: Float32Array, up: Float32Array): Float32Array {
  return gate.map((g, i) => Math.fround(g / (1 + Math.exp(-g))) * up[i]!);
}

/** `a + b`, element by element. */
export function add(a: Float32Array, b: Float32Array): Float32Array {
  return a.map((value, i) => value + b[i]!);
}

/** What {@linkcode attention} needs besides the queries. */
export interface AttentionInput {
  /** `[keys, kvHeads * headDim]`, ascending positions. */
  readonly keys: Float32Array;
  readonly values: Float32Array;
  /** Number of leading keys that each query row sees, `[rows]`. */
  readonly seen: ArrayLike<number>;
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDim: number;
}

/**
 * `softmax(q k^T / sqrt(headDim)) v` per head; query head h reads key-value head `h / (heads / kvHeads)`.
 *
 * @param queries `[rows, heads * headDim]`.
 * @returns `[rows, heads * headDim]`.
 */
export function attention(
  queries: Float32Array,
  input: AttentionInput,
): Float32Array {
  const { keys, values, seen, heads, kvHeads, headDim } = input;
  const width = heads * headDim;
  const kvWidth = kvHeads * headDim;
  const scale = 1 / Math.sqrt(headDim);
  const out = new Float32Array(queries.length);
  for (let r = 0; r < seen.length; r++) {
    const weights = new Float64Array(seen[r]!);
    for (let h = 0; h < heads; h++) {
      const q = r * width + h * headDim;
      const kv = Math.floor(h / (heads / kvHeads)) * headDim;
      let largest = -Infinity;
      for (let j = 0; j < weights.length; j++) {
        let dot = 0;
        for (let d = 0; d < headDim; d++) {
          dot += queries[q + d]! * keys[j * kvWidth + kv + d]!;
        }
        weights[j] = dot * scale;
        largest = Math.max(largest, weights[j]!);
      }
      let total = 0;
      for (let j = 0; j < weights.length; j++) {
        total += weights[j] = Math.exp(weights[j]! - largest);
      }
      for (let d = 0; d < headDim; d++) {
        let sum = 0;
        for (let j = 0; j < weights.length; j++) {
          sum += weights[j]! * values[j * kvWidth + kv + d]!;
        }
        out[q + d] = sum / total;
      }
    }
  }
  return out;
}
