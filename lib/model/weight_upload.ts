/**
 * Matrices from a source into packed weights, chunk by chunk.
 *
 * @module
 */
import {
  type Device,
  type ElementType,
  EngineError,
  SWIGLU_GROUP,
  SWIGLU_ROWS,
  type Weight,
} from "../engine/mod.ts";
import { NonFiniteError } from "./errors.ts";
import type { FloatType } from "./float_types.ts";
import { expectedTensors } from "./tensor_names.ts";
import { rowBytes, type TensorSource } from "./tensor_source.ts";

/** Where weights go, and where they come from. */
export interface UploadTarget {
  readonly device: Device;
  readonly source: TensorSource;
  /** Element type they are kept in. */
  readonly dtype: "f32" | "bf16";
}

/** One tensor of a packed weight: its rows in order from `rowBegin` (default 0) on, or in turns with another's. */
export interface MatrixPart {
  readonly module: string;
  readonly rowBegin?: number;
  readonly swiglu?: "gate" | "up";
}

const ENGINE_TYPES: Readonly<Record<FloatType, ElementType>> = {
  F32: "f32",
  BF16: "bf16",
  F16: "f16",
};
const CHUNK_BYTES = 1 << 23;

/**
 * Creates a weight from the rows of one or more tensors of the same width.
 *
 * @throws {NonFiniteError} Naming a tensor that holds NaN or infinity.
 */
export function createMatrix(
  target: UploadTarget,
  parts: readonly MatrixPart[],
): Weight {
  const shapes = expectedTensors(target.source.config);
  const rowsOf = ({ module, swiglu }: MatrixPart) => {
    const rows = shapes.get(`${module}.weight`)![0]!;
    return swiglu ? Math.ceil(rows / SWIGLU_GROUP) * SWIGLU_GROUP : rows;
  };
  const rows = parts.reduce((sum, part) => sum + rowsOf(part), 0);
  const columns = shapes.get(`${parts[0]!.module}.weight`)![1]!;
  const weight = target.device.weight({ dtype: target.dtype, rows, columns });
  try {
    for (const part of parts) writePart(weight, target.source, part);
  } catch (error) {
    weight.destroy();
    throw error;
  }
  return weight;
}

function writePart(
  weight: Weight,
  source: TensorSource,
  part: MatrixPart,
): void {
  const name = `${part.module}.weight`;
  const shape = expectedTensors(source.config).get(name)!;
  const type = source.type(name);
  const groups = Math.max(
    1,
    Math.floor(CHUNK_BYTES / rowBytes(shape, type) / SWIGLU_GROUP),
  );
  const step = groups * SWIGLU_GROUP;
  for (let begin = 0; begin < shape[0]!; begin += step) {
    const count = Math.min(step, shape[0]! - begin);
    const bytes = source.read(name, { begin, count });
    const place = part.swiglu
      ? {
        ...SWIGLU_ROWS[part.swiglu],
        rowBegin: SWIGLU_ROWS[part.swiglu].rowBegin + 2 * begin,
      }
      : { rowBegin: (part.rowBegin ?? 0) + begin };
    try {
      weight.writeRows(bytes, {
        dtype: ENGINE_TYPES[type],
        rows: count,
        ...place,
      });
    } catch (error) {
      if (!(error instanceof EngineError) || error.status !== "NUMERIC") {
        throw error;
      }
      throw new NonFiniteError(
        `tensor "${name}", rows from ${begin} on: ${error.message}; finite weights are wanted`,
      );
    }
  }
}
