import { assertEquals, assertThrows } from "@std/assert";
import { configJson } from "./_checkpoint_files.ts";
import { parseConfig } from "./config.ts";
import { ConfigError } from "./errors.ts";
import { shapeConfig } from "./random_model.ts";

const SIZES = {
  hiddenSize: 64,
  layers: 3,
  heads: 4,
  kvHeads: 2,
  mlpSize: 160,
  vocabSize: 96,
};
const dream = configJson(shapeConfig({ family: "dream", ...SIZES }));
const qwen2 = configJson(shapeConfig({ family: "qwen2", ...SIZES }));
const llada = configJson(
  shapeConfig({ family: "llada", ...SIZES, kvHeads: 4 }),
);

Deno.test("parseConfig reads the keys of a Dream configuration", () => {
  assertEquals(parseConfig(dream), {
    family: "dream",
    hiddenSize: 64,
    layers: 3,
    heads: 4,
    kvHeads: 2,
    headDim: 16,
    mlpSize: 160,
    vocabSize: 96,
    ropeTheta: 10_000,
    normEps: 1e-6,
    tied: false,
    qkvBias: true,
    maxPositions: 4096,
    ids: { mask: 95, eos: 94, pad: 94, bos: 93 },
  });
});

Deno.test("parseConfig reads Qwen2 as Dream's network without a mask, whatever mask id stands there", () => {
  const { ids, ...network } = parseConfig({ ...qwen2, mask_token_id: 95 });
  const { ids: _, ...same } = parseConfig(dream);
  assertEquals(network, { ...same, family: "qwen2" });
  assertEquals(ids, { mask: null, eos: 94, pad: 94, bos: 93 });
});

Deno.test("parseConfig reads the keys of a LLaDA configuration, defaults of absent ones included", () => {
  const config = parseConfig({
    ...llada,
    n_kv_heads: null,
    mlp_hidden_size: null,
    embedding_size: null,
    vocab_size: 100,
  });
  assertEquals([
    config.family,
    config.kvHeads,
    config.mlpSize,
    config.vocabSize,
    config.qkvBias,
  ], ["llada", 4, 256, 100, false]);
  assertEquals(parseConfig({ ...llada, weight_tying: true }).tied, true);
  assertEquals(parseConfig({ ...llada, include_qkv_bias: true }).qkvBias, true);
});

Deno.test("parseConfig takes special ids that config.json leaves open from generation_config.json, and nothing else", () => {
  const { eos_token_id: _, ...rest } = dream;
  const generation = {
    eos_token_id: [7, 8],
    pad_token_id: 9,
    hidden_size: 128,
  };
  const config = parseConfig(rest, generation);
  assertEquals(config.ids, { mask: 95, eos: 7, pad: 94, bos: 93 });
  assertEquals(config.hiddenSize, 64);
});

Deno.test("parseConfig refuses what is no configuration", () => {
  for (const json of [null, 3, "x", [dream]]) {
    assertThrows(
      () => parseConfig(json),
      ConfigError,
      "a JSON object is wanted",
    );
  }
  for (const model_type of ["dream", "Qwen2", "llada2_moe", undefined]) {
    assertThrows(
      () => parseConfig({ ...dream, model_type }),
      ConfigError,
      "model_type",
    );
  }
});

Deno.test("parseConfig names every key that would change the network", () => {
  const faults: [Record<string, unknown>, string, unknown][] = [
    [dream, "architectures", ["Qwen2ForCausalLM"]],
    [dream, "hidden_act", "gelu"],
    [dream, "rope_scaling", { type: "yarn", factor: 4 }],
    [dream, "use_sliding_window", true],
    [dream, "quantization_config", { bits: 4 }],
    [dream, "head_dim", 32],
    [dream, "rope_theta", undefined],
    [dream, "rms_norm_eps", 0],
    [dream, "num_hidden_layers", 2.5],
    [dream, "hidden_size", "64"],
    [dream, "tie_word_embeddings", "no"],
    [dream, "mask_token_id", -1],
    [qwen2, "architectures", ["DreamModel"]],
    [qwen2, "use_sliding_window", true],
    [llada, "architectures", []],
    [llada, "activation_type", "swiglu"],
    [llada, "alibi", true],
    [llada, "attention_layer_norm", true],
    [llada, "bias_for_layer_norm", true],
    [llada, "block_group_size", 2],
    [llada, "block_type", "sequential"],
    [llada, "include_bias", true],
    [llada, "input_emb_norm", true],
    [llada, "layer_norm_type", "default"],
    [llada, "multi_query_attention", true],
    [llada, "rope", false],
    [llada, "rope", undefined],
    [llada, "scale_logits", true],
    [llada, "max_sequence_length", undefined],
  ];
  for (const [base, key, value] of faults) {
    const error = assertThrows(
      () => parseConfig({ ...base, [key]: value }),
      ConfigError,
      key,
    );
    assertEquals(error.key, key);
  }
});

Deno.test("parseConfig refuses head counts that do not divide", () => {
  assertThrows(
    () => parseConfig({ ...dream, num_key_value_heads: 3 }),
    ConfigError,
    "key-value heads",
  );
  assertThrows(
    () => parseConfig({ ...dream, hidden_size: 66 }),
    ConfigError,
    "per head",
  );
  assertThrows(
    () => parseConfig({ ...dream, hidden_size: 12 }),
    ConfigError,
    "per head",
  );
});
