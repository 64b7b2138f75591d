/**
 * A model's weights on a device, in the shapes that the transformer's operations take: query, key and value as one matrix,
 * gate and up interleaved, gains and biases as plain float32.
 *
 * @module
 */
import type { Device, DeviceBuffer, Weight } from "../engine/mod.ts";
import { attentionWidths } from "./config.ts";
import { layerModules, outerModules } from "./tensor_names.ts";
import { readTensor, type TensorSource } from "./tensor_source.ts";
import { createMatrix } from "./weight_upload.ts";

/** Weights of one layer. */
export interface NativeLayer {
  /** f32 `[hiddenSize]`. */
  readonly attentionNorm: DeviceBuffer;
  /** `[(heads + 2 kvHeads) headDim, hiddenSize]`. */
  readonly qkv: Weight;
  /** f32 `[(heads + 2 kvHeads) headDim]`. */
  readonly qkvBias: DeviceBuffer | null;
  readonly attentionOut: Weight;
  /** f32 `[hiddenSize]`. */
  readonly mlpNorm: DeviceBuffer;
  /** Gate and up rows in turns, the MLP width rounded up to whole groups with zero rows. */
  readonly gateUp: Weight;
  readonly down: Weight;
}

/** Weights of a whole model. */
export interface NativeWeights {
  /** `[vocab, hiddenSize]`; the same object as `head` where they are tied. */
  readonly embedding: Weight;
  readonly layers: readonly NativeLayer[];
  /** f32 `[hiddenSize]`. */
  readonly finalNorm: DeviceBuffer;
  readonly head: Weight;
}

/**
 * Streams all tensors of a source to a device, a few rows at a time, giving the event loop a turn after each layer.
 *
 * @throws {NonFiniteError} Naming a tensor that holds NaN or infinity.
 */
export async function uploadWeights(
  device: Device,
  source: TensorSource,
  options: { readonly dtype: "f32" | "bf16" },
): Promise<NativeWeights> {
  const { config } = source;
  const outer = outerModules(config);
  const matrix = (module: string) =>
    createMatrix({ device, source, ...options }, [{ module }]);
  const embedding = matrix(outer.embedding);
  const layers: NativeLayer[] = [];
  for (let layer = 0; layer < config.layers; layer++) {
    layers.push(uploadLayer(device, source, { layer, ...options }));
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
  return {
    embedding,
    layers,
    finalNorm: uploadVectors(device, source, [`${outer.finalNorm}.weight`]),
    head: config.tied ? embedding : matrix(outer.head),
  };
}

/** Frees all weights. Idempotent. */
export function destroyWeights(weights: NativeWeights): void {
  for (const layer of weights.layers) {
    for (const part of Object.values(layer)) part?.destroy();
  }
  weights.finalNorm.destroy();
  weights.embedding.destroy();
  weights.head.destroy();
}

function uploadLayer(
  device: Device,
  source: TensorSource,
  { layer, dtype }: { readonly layer: number; readonly dtype: "f32" | "bf16" },
): NativeLayer {
  const { config } = source;
  const names = layerModules(config, layer);
  const { query, keyValue } = attentionWidths(config);
  const to = { device, source, dtype };
  const qkvModules = [names.query, names.key, names.value];
  return {
    attentionNorm: uploadVectors(device, source, [
      `${names.attentionNorm}.weight`,
    ]),
    qkv: createMatrix(to, [
      { module: names.query },
      { module: names.key, rowBegin: query },
      { module: names.value, rowBegin: query + keyValue },
    ]),
    qkvBias: config.qkvBias
      ? uploadVectors(
        device,
        source,
        qkvModules.map((module) => `${module}.bias`),
      )
      : null,
    attentionOut: createMatrix(to, [{ module: names.attentionOut }]),
    mlpNorm: uploadVectors(device, source, [`${names.mlpNorm}.weight`]),
    gateUp: createMatrix(to, [{ module: names.gate, swiglu: "gate" }, {
      module: names.up,
      swiglu: "up",
    }]),
    down: createMatrix(to, [{ module: names.down }]),
  };
}

/** Vectors one after another in one f32 buffer. */
function uploadVectors(
  device: Device,
  source: TensorSource,
  names: readonly string[],
): DeviceBuffer {
  const vectors = names.map((name) => readTensor(source, name));
  const buffer = device.buffer(
    4 * vectors.reduce((sum, vector) => sum + vector.length, 0),
  );
  let offset = 0;
  for (const vector of vectors) {
    buffer.write(vector, { offset });
    offset += vector.byteLength;
  }
  return buffer;
}
