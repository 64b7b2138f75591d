/**
 * All weights of a model as plain float32 arrays, for the reference transformer.
 *
 * @module
 */
import { roundArrayToBf16 } from "./float_types.ts";
import { layerModules, outerModules } from "./tensor_names.ts";
import { readTensor, type TensorSource } from "./tensor_source.ts";

/** Weights of one layer. Matrices are `[outputs, inputs]`. */
export interface ReferenceLayer {
  readonly attentionNorm: Float32Array;
  readonly query: ReferenceLinear;
  readonly key: ReferenceLinear;
  readonly value: ReferenceLinear;
  readonly attentionOut: ReferenceLinear;
  readonly mlpNorm: Float32Array;
  readonly gate: ReferenceLinear;
  readonly up: ReferenceLinear;
  readonly down: ReferenceLinear;
}

/** A matrix with an optional bias. `bf16`: the matrix is rounded to bfloat16 and inputs are to be. */
export interface ReferenceLinear {
  /** `[outputs, inputs]`, float32 or bfloat16 values kept as float64. */
  readonly matrix: Float64Array;
  /** `[outputs]`. */
  readonly bias: Float32Array | null;
  readonly bf16: boolean;
}

/** Weights of a whole model. */
export interface ReferenceWeights {
  /** `[vocab, hiddenSize]`. */
  readonly embedding: Float32Array;
  readonly layers: readonly ReferenceLayer[];
  readonly finalNorm: Float32Array;
  readonly head: ReferenceLinear;
}

/** Reads every tensor of a source; with `bf16`, matrices are rounded to bfloat16 as a native bf16 model keeps them. */
export function readReferenceWeights(
  source: TensorSource,
  options: { readonly bf16: boolean },
): ReferenceWeights {
  const { config } = source;
  const { bf16 } = options;
  const vector = (module: string) => readTensor(source, `${module}.weight`);
  const matrix = (module: string) =>
    bf16 ? roundArrayToBf16(vector(module)) : vector(module);
  const linear = (module: string, biased = false): ReferenceLinear => ({
    matrix: Float64Array.from(matrix(module)),
    bias: biased ? readTensor(source, `${module}.bias`) : null,
    bf16,
  });
  const outer = outerModules(config);
  const layers = Array.from(
    { length: config.layers },
    (_, layer): ReferenceLayer => {
      const names = layerModules(config, layer);
      return {
        attentionNorm: vector(names.attentionNorm),
        query: linear(names.query, config.qkvBias),
        key: linear(names.key, config.qkvBias),
        value: linear(names.value, config.qkvBias),
        attentionOut: linear(names.attentionOut),
        mlpNorm: vector(names.mlpNorm),
        gate: linear(names.gate),
        up: linear(names.up),
        down: linear(names.down),
      };
    },
  );
  return {
    embedding: matrix(outer.embedding),
    layers,
    finalNorm: vector(outer.finalNorm),
    head: linear(outer.head),
  };
}
