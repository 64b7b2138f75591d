/** Checkpoint folders for tests: safetensors files and configurations written from any source of tensors. Used by tests only. */
import type { ModelConfig } from "./config.ts";
import {
  encodeSafetensors,
  safetensorsFile,
  type StoredTensor,
} from "./safetensors_write.ts";
import { expectedTensors } from "./tensor_names.ts";
import type { TensorSource } from "./tensor_source.ts";

export { encodeSafetensors, safetensorsFile, type StoredTensor };

/** All tensors of a source. */
export function storedTensors(source: TensorSource): Map<string, StoredTensor> {
  return new Map(
    [...expectedTensors(source.config)].map(([name, shape]) => [name, {
      dtype: source.type(name),
      shape,
      bytes: source.read(name, { begin: 0, count: shape[0]! }),
    }]),
  );
}

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

/** Writes a checkpoint folder, in `shards` files (default 1). */
export async function writeCheckpoint(
  folder: string,
  source: TensorSource,
  options: {
    readonly shards?: number;
    readonly config?: Record<string, unknown>;
  } = {},
): Promise<void> {
  const { shards = 1 } = options;
  const config = { ...configJson(source.config), ...options.config };
  await Deno.writeTextFile(`${folder}/config.json`, JSON.stringify(config));
  const tensors = [...storedTensors(source)];
  if (shards === 1) {
    return await Deno.writeFile(
      `${folder}/model.safetensors`,
      encodeSafetensors(new Map(tensors)),
    );
  }
  const names: Record<string, string> = {};
  for (let shard = 0; shard < shards; shard++) {
    const file = `model-0000${shard + 1}-of-0000${shards}.safetensors`;
    const part = tensors.filter((_, i) => i % shards === shard);
    for (const [name] of part) names[name] = file;
    await Deno.writeFile(`${folder}/${file}`, encodeSafetensors(new Map(part)));
  }
  await Deno.writeTextFile(
    `${folder}/model.safetensors.index.json`,
    JSON.stringify({ metadata: {}, weight_map: names }),
  );
}
