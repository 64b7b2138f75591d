/**
 * Where weights come from: a checkpoint on disk, random numbers, or one of them with an adapter merged in. Tensors are read
 * in row chunks, so that no one ever holds two copies of a model.
 *
 * @module
 */
import type { ModelConfig } from "./config.ts";
import { CheckpointError, NonFiniteError } from "./errors.ts";
import { FLOAT_BYTES, type FloatType, widen } from "./float_types.ts";
import { expectedTensors } from "./tensor_names.ts";

/** Rows of a matrix, or elements of a vector. */
export interface RowRange {
  /** First row. */
  readonly begin: number;
  /** Number of rows. */
  readonly count: number;
}

/** Named tensors of one model. */
export interface TensorSource {
  /** The network that the tensors belong to. */
  readonly config: ModelConfig;
  /** SHA-256 of everything the weights came from, or a description for a model without files. */
  readonly digest: string;
  /** Element type of a tensor. */
  type(name: string): FloatType;
  /** Little-endian bytes of rows `[begin, begin + count)`, row-major. */
  read(name: string, rows: RowRange): Uint8Array;
  /** Frees files and memory. Idempotent. */
  close(): void;
}

/**
 * A whole tensor as float32, checked for NaN and infinities.
 *
 * @throws {NonFiniteError} Naming the entry.
 */
export function readTensor(source: TensorSource, name: string): Float32Array {
  const shape = expectedTensors(source.config).get(name);
  if (!shape) {
    throw new CheckpointError(`this configuration has no tensor "${name}"`, [
      name,
    ]);
  }
  const values = widen(
    source.read(name, { begin: 0, count: shape[0]! }),
    source.type(name),
  );
  const bad = values.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) {
    throw new NonFiniteError(
      `tensor "${name}" holds ${
        values[bad]
      } at entry ${bad} of shape [${shape}]; finite weights are wanted`,
    );
  }
  return values;
}

/** Bytes of one row of a tensor of this shape and type (of one element, for a vector). */
export function rowBytes(shape: readonly number[], type: FloatType): number {
  return (shape[1] ?? 1) * FLOAT_BYTES[type];
}
