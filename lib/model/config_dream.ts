/**
 * `config.json` of Dream and DiffuCoder (model_type "Dream") and of Qwen2 (model_type "qwen2"): one network under the same
 * names, read with full and with causal attention.
 *
 * @module
 */
import type { ModelConfig, SpecialIds } from "./config.ts";
import {
  count,
  flag,
  insist,
  insistArchitecture,
  type JsonObject,
  positive,
  tokenId,
} from "./config_values.ts";

/**
 * Reads the keys of a Dream configuration. Width per head is `hidden_size / num_attention_heads`.
 *
 * @throws {ConfigError} On a missing key or a value that calls for another network.
 */
export function dreamConfig(json: JsonObject): ModelConfig {
  insistArchitecture(json, ["DreamModel"]);
  return {
    ...network(json),
    family: "dream",
    ids: specialIds(json, tokenId(json, "mask_token_id")),
  };
}

/**
 * Reads the keys of a Qwen2 configuration, a causal language model: any mask token that it may name is none of its.
 *
 * @throws {ConfigError} On a missing key or a value that calls for another network.
 */
export function qwen2Config(json: JsonObject): ModelConfig {
  insistArchitecture(json, ["Qwen2ForCausalLM"]);
  return { ...network(json), family: "qwen2", ids: specialIds(json, null) };
}

function network(json: JsonObject): Omit<ModelConfig, "family" | "ids"> {
  insist(json, "hidden_act", ["silu"]);
  insist(json, "rope_scaling", [undefined]);
  insist(json, "rope_parameters", [undefined]);
  insist(json, "use_sliding_window", [false, undefined]);
  insist(json, "quantization_config", [undefined]);
  insist(json, "attention_bias", [true, undefined]);
  insist(json, "mlp_bias", [false, undefined]);
  const hiddenSize = count(json, "hidden_size");
  const heads = count(json, "num_attention_heads");
  insist(json, "head_dim", [hiddenSize / heads, undefined]);
  return {
    hiddenSize,
    layers: count(json, "num_hidden_layers"),
    heads,
    kvHeads: count(json, "num_key_value_heads"),
    headDim: hiddenSize / heads,
    mlpSize: count(json, "intermediate_size"),
    vocabSize: count(json, "vocab_size"),
    ropeTheta: positive(json, "rope_theta"),
    normEps: positive(json, "rms_norm_eps"),
    tied: flag(json, "tie_word_embeddings", false),
    qkvBias: true,
    maxPositions: count(json, "max_position_embeddings"),
  };
}

function specialIds(json: JsonObject, mask: number | null): SpecialIds {
  return {
    mask,
    eos: tokenId(json, "eos_token_id"),
    pad: tokenId(json, "pad_token_id"),
    bos: tokenId(json, "bos_token_id"),
  };
}
