/**
 * The network in plain TypeScript and f64, one sequence at a time: the independent check of losses and, by differences, of
 * gradients.
 *
 * @module
 */
import { attentionWidths, type ModelConfig } from "../model/config.ts";
import { ropeTable } from "../model/rope.ts";
import { layerModules, outerModules } from "../model/tensor_names.ts";
import type { TrainingSequence } from "./types.ts";

/** A model as plain numbers, by checkpoint name. */
export interface ReferenceNetwork {
  readonly config: ModelConfig;
  readonly tensors: ReadonlyMap<string, ArrayLike<number>>;
}

/** Logits of every row of a sequence, `[rows, vocab]`. */
export function referenceLogits(
  network: ReferenceNetwork,
  { tokens, limits, positions = tokens.map((_, r) => r) }: TrainingSequence,
): Float64Array {
  const { config } = network;
  const { hiddenSize: width, normEps: eps } = config;
  const tensor = (name: string) => network.tensors.get(name)!;
  const weight = (module: string) => tensor(`${module}.weight`);
  const outer = outerModules(config);
  const table = weight(outer.embedding);
  let stream = new Float64Array(tokens.length * width);
  tokens.forEach((token, row) => {
    for (let i = 0; i < width; i++) {
      stream[row * width + i] = table[token * width + i]!;
    }
  });
  for (let layer = 0; layer < config.layers; layer++) {
    const names = layerModules(config, layer);
    const normed = norm(stream, weight(names.attentionNorm), eps);
    const project = (module: string) =>
      linear(
        normed,
        weight(module),
        width,
        config.qkvBias ? tensor(`${module}.bias`) : undefined,
      );
    const mixed = attend(config, { limits, positions }, {
      queries: project(names.query),
      keys: project(names.key),
      values: project(names.value),
    });
    const middle = add(
      stream,
      linear(mixed, weight(names.attentionOut), width),
    );
    const again = norm(middle, weight(names.mlpNorm), eps);
    const gate = linear(again, weight(names.gate), width);
    const up = linear(again, weight(names.up), width);
    const inner = gate.map((g, i) => g / (1 + Math.exp(-g)) * up[i]!);
    stream = add(middle, linear(inner, weight(names.down), config.mlpSize));
  }
  return linear(
    norm(stream, weight(outer.finalNorm), eps),
    weight(outer.head),
    width,
  );
}

/** `out[r, j] = sum_k in[r, k] matrix[j, k] + bias[j]` for rows of `inputs` elements. */
function linear(
  input: Float64Array,
  matrix: ArrayLike<number>,
  inputs: number,
  bias?: ArrayLike<number>,
): Float64Array<ArrayBuffer> {
  const rows = input.length / inputs;
  const outputs = matrix.length / inputs;
  const out = new Float64Array(rows * outputs);
  for (let r = 0; r < rows; r++) {
    for (let j = 0; j < outputs; j++) {
      let sum = bias?.[j] ?? 0;
      for (let k = 0; k < inputs; k++) {
        sum += input[r * inputs + k]! * matrix[j * inputs + k]!;
      }
      out[r * outputs + j] = sum;
    }
  }
  return out;
}

function norm(
  input: Float64Array,
  gain: ArrayLike<number>,
  eps: number,
): Float64Array {
  const width = gain.length;
  const out = new Float64Array(input.length);
  for (let at = 0; at < input.length; at += width) {
    let squares = 0;
    for (let k = 0; k < width; k++) squares += input[at + k]! ** 2;
    const scale = 1 / Math.sqrt(squares / width + eps);
    for (let k = 0; k < width; k++) {
      out[at + k] = input[at + k]! * scale * gain[k]!;
    }
  }
  return out;
}

function add(a: Float64Array, b: Float64Array): Float64Array<ArrayBuffer> {
  return Float64Array.from(a, (value, i) => value + b[i]!);
}

/** Rotary attention in which row r stands at `positions[r]` and sees the rows before `limits[r]`. */
function attend(
  config: ModelConfig,
  { limits, positions }: Required<Omit<TrainingSequence, "tokens">>,
  { queries, keys, values }: {
    readonly queries: Float64Array;
    readonly keys: Float64Array;
    readonly values: Float64Array;
  },
): Float64Array {
  const { heads, kvHeads, headDim } = config;
  const { query: width, keyValue } = attentionWidths(config);
  rotate(queries, positions, config);
  rotate(keys, positions, config);
  const out = new Float64Array(queries.length);
  limits.forEach((limit, row) => {
    for (let head = 0; head < heads; head++) {
      const q = row * width + head * headDim;
      const kv = Math.floor(head / (heads / kvHeads)) * headDim;
      const scores = Float64Array.from({ length: limit }, (_, j) => {
        let dot = 0;
        for (let d = 0; d < headDim; d++) {
          dot += queries[q + d]! * keys[j * keyValue + kv + d]!;
        }
        return dot / Math.sqrt(headDim);
      });
      const shares = softmax(scores);
      shares.forEach((share, j) => {
        for (let d = 0; d < headDim; d++) {
          out[q + d]! += share * values[j * keyValue + kv + d]!;
        }
      });
    }
  });
  return out;
}

/** Rotates pairs (d, d + headDim / 2) of every head in place. */
function rotate(
  rows: Float64Array,
  positions: Int32Array,
  config: ModelConfig,
): void {
  const { headDim, ropeTheta: theta } = config;
  const count = positions.length;
  const table = ropeTable(count, { headDim, theta });
  const half = headDim / 2;
  const width = rows.length / count;
  for (let row = 0; row < count; row++) {
    for (let at = row * width; at < (row + 1) * width; at += headDim) {
      for (let i = 0; i < half; i++) {
        const cos = table[positions[row]! * headDim + i]!;
        const sin = table[positions[row]! * headDim + half + i]!;
        const x = rows[at + i]!;
        const y = rows[at + half + i]!;
        rows[at + i] = x * cos - y * sin;
        rows[at + half + i] = y * cos + x * sin;
      }
    }
  }
}

/** Probabilities of some scores. */
function softmax(scores: Float64Array): Float64Array {
  const largest = scores.reduce((a, b) => Math.max(a, b), -Infinity);
  const powers = scores.map((score) => Math.exp(score - largest));
  const total = powers.reduce((a, b) => a + b, 0);
  return powers.map((power) => power / total);
}
