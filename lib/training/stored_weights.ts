/**
 * Weights as they are kept: bfloat16 tensors under the names of the model's family.
 *
 * @module
 */
import type { ModelConfig } from "../model/config.ts";
import { NonFiniteError } from "../model/errors.ts";
import { roundToBf16 } from "../model/float_types.ts";
import type { StoredTensor } from "../model/safetensors_write.ts";
import { expectedTensors } from "../model/tensor_names.ts";
import { checkWeights } from "./memory_source.ts";

/**
 * The tensors of a configuration, rounded to the nearest bfloat16.
 *
 * @param weights Row-major, by name.
 * @throws {CheckpointError} When they are not exactly the tensors that the configuration calls for.
 * @throws {NonFiniteError} When one holds NaN or infinity.
 */
export function storedWeights(
  weights: ReadonlyMap<string, Float32Array>,
  config: ModelConfig,
): Map<string, StoredTensor> {
  const shapes = expectedTensors(config);
  checkWeights(weights, shapes);
  return new Map([...shapes].map(([name, shape]) => {
    const values = weights.get(name)!;
    if (!values.every(Number.isFinite)) {
      throw new NonFiniteError(
        `tensor "${name}" holds a number that is not finite and cannot be kept; go back to an earlier checkpoint`,
      );
    }
    return [name, { dtype: "BF16", shape, bytes: bf16Bytes(values) }];
  }));
}

/** Little-endian bytes of the nearest bfloat16 numbers. */
export function bf16Bytes(values: Float32Array): Uint8Array {
  const view = new DataView(new ArrayBuffer(2 * values.length));
  const rounded = Float32Array.from(values, roundToBf16);
  const bits = new Uint32Array(rounded.buffer);
  bits.forEach((word, i) => view.setUint16(2 * i, word >>> 16, true));
  return new Uint8Array(view.buffer);
}
