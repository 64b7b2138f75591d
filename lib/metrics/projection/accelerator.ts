/**
 * What is taken from an accelerator's data sheet, and the network that runs on it: all that a projection knows of hardware.
 *
 * @module
 */
import type { ModelConfig } from "../../model/config.ts";

/** Number formats of weights and matrix products in the projected systems. */
export type Precision = "bf16" | "w8a8";

/** One device, as one rank of a mesh sees it. */
export interface Accelerator {
  /** As people call it. */
  readonly name: string;
  /** Bytes per second from device memory. */
  readonly memoryBandwidth: number;
  /** Multiplications and additions per second of dense matrix products, by precision. */
  readonly peak: Readonly<Record<Precision, number>>;
  /** Bytes per second that one device sends to others, one direction. */
  readonly linkBandwidth: number;
  /** Seconds that a collective takes however small its message is: alpha of the alpha-beta model. */
  readonly linkLatency: number;
}

/** Sizes of a network that decide its time; any model configuration is one. */
export type NetworkShape = Pick<
  ModelConfig,
  | "hiddenSize"
  | "layers"
  | "heads"
  | "kvHeads"
  | "headDim"
  | "mlpSize"
  | "vocabSize"
>;

/** Bytes per weight. */
const WEIGHT_BYTES: Readonly<Record<Precision, number>> = { bf16: 2, w8a8: 1 };

/** Bytes per activation, cached key or value and logit: bf16 in both precisions. */
export const ACTIVATION_BYTES = 2;

/** Weights of one layer's projections. Biases and norms are left out: under 0.1%. */
export function layerWeights(shape: NetworkShape): number {
  const { hiddenSize, heads, kvHeads, headDim, mlpSize } = shape;
  return hiddenSize * (2 * heads * headDim + 2 * kvHeads * headDim) +
    3 * hiddenSize * mlpSize;
}

/** Bytes of weights that a forward reads: every layer and the output head, but not the embedding table. */
export function weightBytes(shape: NetworkShape, precision: Precision): number {
  const { layers, vocabSize, hiddenSize } = shape;
  return WEIGHT_BYTES[precision] *
    (layers * layerWeights(shape) + vocabSize * hiddenSize);
}

/** Bytes of keys and values of one position over all layers. */
export function cacheBytes(
  { layers, kvHeads, headDim }: NetworkShape,
): number {
  return 2 * layers * kvHeads * headDim * ACTIVATION_BYTES;
}
