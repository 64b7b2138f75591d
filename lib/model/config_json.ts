/**
 * Writing `config.json`.
 *
 * @module
 */
import type { ModelConfig } from "./config.ts";

/** The `config.json` of a configuration, with the real keys of its family. */
export function configJson(config: ModelConfig): Record<string, unknown> {
  const ids = {
    mask_token_id: config.ids.mask,
    eos_token_id: config.ids.eos,
    pad_token_id: config.ids.pad,
    bos_token_id: config.ids.bos,
  };
  if (config.family !== "llada") {
    const dream = config.family === "dream";
    return {
      ...ids,
      architectures: [dream ? "DreamModel" : "Qwen2ForCausalLM"],
      model_type: dream ? "Dream" : "qwen2",
      hidden_act: "silu",
      hidden_size: config.hiddenSize,
      intermediate_size: config.mlpSize,
      max_position_embeddings: config.maxPositions,
      num_attention_heads: config.heads,
      num_hidden_layers: config.layers,
      num_key_value_heads: config.kvHeads,
      rms_norm_eps: config.normEps,
      rope_scaling: null,
      rope_theta: config.ropeTheta,
      sliding_window: 131072,
      tie_word_embeddings: config.tied,
      use_sliding_window: false,
      vocab_size: config.vocabSize,
    };
  }
  return {
    ...ids,
    activation_type: "silu",
    alibi: false,
    architectures: ["LLaDAModelLM"],
    attention_layer_norm: false,
    block_group_size: 1,
    block_type: "llama",
    d_model: config.hiddenSize,
    embedding_size: config.vocabSize,
    include_bias: false,
    include_qkv_bias: config.qkvBias,
    layer_norm_type: "rms",
    max_sequence_length: config.maxPositions,
    mlp_hidden_size: config.mlpSize,
    mlp_ratio: 4,
    model_type: "llada",
    multi_query_attention: null,
    n_heads: config.heads,
    n_kv_heads: config.kvHeads,
    n_layers: config.layers,
    rms_norm_eps: config.normEps,
    rope: true,
    rope_theta: config.ropeTheta,
    scale_logits: false,
    vocab_size: config.vocabSize,
    weight_tying: config.tied,
  };
}
