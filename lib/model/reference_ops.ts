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
  const { matrix, bias, bf16 } = weights;
  const x = Float64Array.from(bf16 ? input.map(roundToBf16) : input);
  const inputs = x.length / rows;
  const outputs = matrix.length / inputs;
  const out = new Float32Array(rows * outputs);
  const sums = new Float64Array(COLUMNS);
  for (let r = 0; r < rows; r++) {
    for (let j = 0; j < outputs; j += COLUMNS) {
      fourDots(x, matrix, { sums, inputs, x: r * inputs, w: j * inputs });
      for (let c = 0; c < COLUMNS && j + c < outputs; c++) {
        out[r * outputs + j + c] = sums[c]! +
          (bias === null ? 0 : bias[j + c]!);
      }
    }
  }
  return out;
}

/** Output columns that share one walk over an input row. */
const COLUMNS = 4;

/** Products of the row at `x` with four neighbouring matrix rows from `w` on; rows beyond the matrix give NaN. */
function fourDots(
  input: Float64Array,
  matrix: Float64Array,
  at: { sums: Float64Array; inputs: number; x: number; w: number },
): void {
  const { sums, inputs, x, w } = at;
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  for (let k = 0; k < inputs; k++) {
    const value = input[x + k]!;
    a += value * matrix[w + k]!;
    b += value * matrix[w + inputs + k]!;
    c += value * matrix[w + 2 * inputs + k]!;
    d += value * matrix[w + 3 * inputs + k]!;
  }
  sums[0] = a;
  sums[1] = b;
  sums[2] = c;
  sums[3] = d;
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
