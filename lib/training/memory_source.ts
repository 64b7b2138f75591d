/**
 * Weights in memory as a model's tensors.
 *
 * @module
 */
import type { ModelConfig } from "../model/config.ts";
import { CheckpointError, nameSome } from "../model/errors.ts";
import { expectedTensors } from "../model/tensor_names.ts";
import type { TensorSource } from "../model/tensor_source.ts";

/**
 * A source of f32 tensors that are not copied.
 *
 * @param weights Row-major, under the names of `config`'s family.
 * @param options `digest`: what the weights are to be known by.
 * @throws {CheckpointError} When they are not exactly the tensors that the configuration calls for.
 */
export function memorySource(
  weights: ReadonlyMap<string, Float32Array>,
  { config, digest }: { readonly config: ModelConfig; readonly digest: string },
): TensorSource {
  const shapes = expectedTensors(config);
  checkWeights(weights, shapes);
  return {
    config,
    digest,
    type: () => "F32",
    read: (name, { begin, count }) => {
      const values = weights.get(name)!;
      const width = shapes.get(name)![1] ?? 1;
      const rows = values.subarray(begin * width, (begin + count) * width);
      return new Uint8Array(rows.buffer, rows.byteOffset, rows.byteLength);
    },
    close: () => {},
  };
}

/** Throws a {@linkcode CheckpointError} unless the weights are exactly those of the shapes. */
export function checkWeights(
  weights: ReadonlyMap<string, Float32Array>,
  shapes: ReadonlyMap<string, readonly number[]>,
): void {
  const wrong = [...shapes].filter(([name, shape]) =>
    weights.get(name)?.length !== shape.reduce((a, b) => a * b, 1)
  ).map(([name]) => name);
  const unexpected = [...weights.keys()].filter((name) => !shapes.has(name));
  const names = [...wrong, ...unexpected];
  if (names.length === 0) return;
  throw new CheckpointError(
    `these are not the weights of the configuration: ${
      nameSome(names)
    } missing, of another size or unknown`,
    names,
  );
}
