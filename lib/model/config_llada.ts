/**
 * `config.json` of LLaDA (model_type "llada"), block type "llama".
 *
 * @module
 */
import type { ModelConfig } from "./config.ts";
import {
  count,
  flag,
  insist,
  insistArchitecture,
  type JsonObject,
  positive,
  tokenId,
} from "./config_values.ts";

/** Keys with a single value, or absent where `undefined` is listed, that give the one network computed here. */
const FIXED: Readonly<Record<string, readonly unknown[]>> = {
  activation_type: ["silu"],
  alibi: [false, undefined],
  attention_layer_norm: [false, undefined],
  bias_for_layer_norm: [false, undefined],
  block_group_size: [1, undefined],
  block_type: ["llama"],
  include_bias: [false, undefined],
  input_emb_norm: [false, undefined],
  layer_norm_type: ["rms"],
  layer_norm_with_affine: [true, undefined],
  multi_query_attention: [false, undefined],
  quantization_config: [undefined],
  rope: [true],
  rope_full_precision: [true, undefined],
  rope_scaling: [undefined],
  scale_logits: [false, undefined],
};

/**
 * Reads the keys of a LLaDA configuration. The embedding has `embedding_size` rows where given, else `vocab_size`.
 *
 * @throws {ConfigError} On a missing key or a value that calls for another network.
 */
export function lladaConfig(json: JsonObject): ModelConfig {
  insistArchitecture(json, ["LLaDAModelLM"]);
  for (const [key, allowed] of Object.entries(FIXED)) {
    insist(json, key, allowed);
  }
  const hiddenSize = count(json, "d_model");
  const heads = count(json, "n_heads");
  const given = (key: string, fallback: () => number) =>
    json[key] == null ? fallback() : count(json, key);
  return {
    family: "llada",
    hiddenSize,
    layers: count(json, "n_layers"),
    heads,
    kvHeads: given("n_kv_heads", () => heads),
    headDim: hiddenSize / heads,
    mlpSize: given(
      "mlp_hidden_size",
      () => count(json, "mlp_ratio") * hiddenSize,
    ),
    vocabSize: given("embedding_size", () => count(json, "vocab_size")),
    ropeTheta: positive(json, "rope_theta"),
    normEps: positive(json, "rms_norm_eps"),
    tied: flag(json, "weight_tying", false),
    qkvBias: flag(json, "include_qkv_bias", false),
    maxPositions: count(json, "max_sequence_length"),
    ids: {
      mask: tokenId(json, "mask_token_id"),
      eos: tokenId(json, "eos_token_id"),
      pad: tokenId(json, "pad_token_id"),
      bos: tokenId(json, "bos_token_id"),
    },
  };
}
