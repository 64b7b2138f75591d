/**
 * What each family calls its tensors, and the shapes they must have.
 *
 * @module
 */
import { attentionWidths, type ModelConfig } from "./config.ts";

/** Module names of one layer; tensors are `<module>.weight` and, for query, key and value, maybe `<module>.bias`. */
export interface LayerModules {
  /** Norm before attention, `[hiddenSize]`. */
  readonly attentionNorm: string;
  /** `[heads * headDim, hiddenSize]`. */
  readonly query: string;
  /** `[kvHeads * headDim, hiddenSize]`. */
  readonly key: string;
  /** `[kvHeads * headDim, hiddenSize]`. */
  readonly value: string;
  /** `[hiddenSize, heads * headDim]`. */
  readonly attentionOut: string;
  /** Norm before the SwiGLU, `[hiddenSize]`. */
  readonly mlpNorm: string;
  /** `[mlpSize, hiddenSize]`, goes through SiLU. */
  readonly gate: string;
  /** `[mlpSize, hiddenSize]`. */
  readonly up: string;
  /** `[hiddenSize, mlpSize]`. */
  readonly down: string;
}

/** Module names outside the layers. */
export interface OuterModules {
  /** `[vocabSize, hiddenSize]`. */
  readonly embedding: string;
  /** Norm before the head, `[hiddenSize]`. */
  readonly finalNorm: string;
  /** The embedding's own name where the head is tied to it. */
  readonly head: string;
}

/** Module names of layer `layer`, 0-based. */
export function layerModules(config: ModelConfig, layer: number): LayerModules {
  if (config.family !== "llada") {
    const at = `model.layers.${layer}`;
    return {
      attentionNorm: `${at}.input_layernorm`,
      query: `${at}.self_attn.q_proj`,
      key: `${at}.self_attn.k_proj`,
      value: `${at}.self_attn.v_proj`,
      attentionOut: `${at}.self_attn.o_proj`,
      mlpNorm: `${at}.post_attention_layernorm`,
      gate: `${at}.mlp.gate_proj`,
      up: `${at}.mlp.up_proj`,
      down: `${at}.mlp.down_proj`,
    };
  }
  const at = `model.transformer.blocks.${layer}`;
  return {
    attentionNorm: `${at}.attn_norm`,
    query: `${at}.q_proj`,
    key: `${at}.k_proj`,
    value: `${at}.v_proj`,
    attentionOut: `${at}.attn_out`,
    mlpNorm: `${at}.ff_norm`,
    gate: `${at}.ff_proj`,
    up: `${at}.up_proj`,
    down: `${at}.ff_out`,
  };
}

/** Module names of embedding, final norm and head. */
export function outerModules(config: ModelConfig): OuterModules {
  const dream = config.family !== "llada";
  const embedding = dream ? "model.embed_tokens" : "model.transformer.wte";
  const head = dream ? "lm_head" : "model.transformer.ff_out";
  return {
    embedding,
    finalNorm: dream ? "model.norm" : "model.transformer.ln_f",
    head: config.tied ? embedding : head,
  };
}

/** Every tensor that a checkpoint of this configuration holds, with its shape. */
export function expectedTensors(
  config: ModelConfig,
): Map<string, readonly number[]> {
  const { hiddenSize, mlpSize, vocabSize } = config;
  const { query, keyValue } = attentionWidths(config);
  const shapes = new Map<string, readonly number[]>();
  const outer = outerModules(config);
  shapes.set(`${outer.embedding}.weight`, [vocabSize, hiddenSize]);
  shapes.set(`${outer.head}.weight`, [vocabSize, hiddenSize]);
  shapes.set(`${outer.finalNorm}.weight`, [hiddenSize]);
  for (let layer = 0; layer < config.layers; layer++) {
    const names = layerModules(config, layer);
    shapes.set(`${names.attentionNorm}.weight`, [hiddenSize]);
    shapes.set(`${names.mlpNorm}.weight`, [hiddenSize]);
    shapes.set(`${names.query}.weight`, [query, hiddenSize]);
    shapes.set(`${names.key}.weight`, [keyValue, hiddenSize]);
    shapes.set(`${names.value}.weight`, [keyValue, hiddenSize]);
    shapes.set(`${names.attentionOut}.weight`, [hiddenSize, query]);
    shapes.set(`${names.gate}.weight`, [mlpSize, hiddenSize]);
    shapes.set(`${names.up}.weight`, [mlpSize, hiddenSize]);
    shapes.set(`${names.down}.weight`, [hiddenSize, mlpSize]);
    if (!config.qkvBias) continue;
    shapes.set(`${names.query}.bias`, [query]);
    shapes.set(`${names.key}.bias`, [keyValue]);
    shapes.set(`${names.value}.bias`, [keyValue]);
  }
  return shapes;
}
