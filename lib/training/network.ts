/**
 * The weights of a network in training, as its operations take them. A trained, a frozen and an adapted network differ only in
 * which gradients they want.
 *
 * @module
 */
import type { BufferRef, Weight } from "../engine/mod.ts";
import type { ModelConfig } from "../model/config.ts";

/** A linear layer `[n, k]`, packed for both directions. */
export interface LinearWeights {
  /** `[n, k]`. */
  readonly forward: Weight;
  /** `[k, n]`; `null` where no gradient ever flows through. */
  readonly transposed: Weight | null;
  /** f32 `[n]`. */
  readonly bias: BufferRef | null;
  /** f32 `[n, k]`; `null` where the layer is frozen. */
  readonly gradient: BufferRef | null;
  /** f32 `[n]`. */
  readonly biasGradient: BufferRef | null;
  /** Factor of the weight's gradient: that of the packed copies. */
  readonly scale: number;
  /** Low-rank corrections added to some of the outputs. */
  readonly adapters: readonly AdapterWeights[];
}

/** LoRA: outputs from column `begin` on get `scale B (A x)`. */
export interface AdapterWeights {
  /** Name of the adapted module. */
  readonly module: string;
  /** First output column. */
  readonly begin: number;
  /** A, `[rank, inputs]`. */
  readonly a: LinearWeights;
  /** B, `[outputs, rank]`, packed with the scale. */
  readonly b: LinearWeights;
}

/** A norm's gain, f32 `[hiddenSize]`. */
export interface NormWeights {
  readonly gain: BufferRef;
  /** `null` where it is frozen. */
  readonly gradient: BufferRef | null;
}

/** The embedding table. */
export interface EmbeddingWeights {
  /** `[vocab, hiddenSize]`. */
  readonly table: Weight;
  /** f32 `[vocab, hiddenSize]`; `null` where it is frozen. */
  readonly gradient: BufferRef | null;
  /** Token whose row gets no gradient through the lookup; `null`: none. */
  readonly padding: number | null;
}

/** One transformer layer. */
export interface NetworkLayer {
  readonly attentionNorm: NormWeights;
  /** Query, key and value as one matrix. */
  readonly qkv: LinearWeights;
  readonly attentionOut: LinearWeights;
  readonly mlpNorm: NormWeights;
  /** Gate rows, then up rows. */
  readonly gateUp: LinearWeights;
  readonly down: LinearWeights;
}

/** A whole network. */
export interface Network {
  readonly config: ModelConfig;
  readonly embedding: EmbeddingWeights;
  readonly layers: readonly NetworkLayer[];
  readonly finalNorm: NormWeights;
  readonly head: LinearWeights;
}

/** The same network without its adapters. */
export function withoutAdapters(network: Network): Network {
  const plain = (linear: LinearWeights): LinearWeights => ({
    ...linear,
    adapters: [],
  });
  return {
    ...network,
    layers: network.layers.map((layer) => ({
      ...layer,
      qkv: plain(layer.qkv),
      attentionOut: plain(layer.attentionOut),
      gateUp: plain(layer.gateUp),
      down: plain(layer.down),
    })),
    head: plain(network.head),
  };
}
