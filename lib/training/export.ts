/**
 * A trained model as the files of a checkpoint in Hugging Face layout.
 *
 * @module
 */
import type { ModelConfig } from "../model/config.ts";
import { configJson } from "../model/config_json.ts";
import { encodeSafetensors } from "../model/safetensors_write.ts";
import { storedWeights } from "./stored_weights.ts";

/** What goes into a checkpoint beside the weights. */
export interface ModelParts {
  /** The network. */
  readonly config: ModelConfig;
  /** Contents of `tokenizer.json`. */
  readonly tokenizer: unknown;
  /** Contents of `tokenizer_config.json`. */
  readonly tokenizerConfig: unknown;
}

/**
 * Encodes a model: `config.json` and `generation_config.json` with the keys of its family, `model.safetensors` in bfloat16, and
 * the tokenizer's files. A pure function: the same weights give the same bytes.
 *
 * @param weights Row-major f32 tensors under the names of the family.
 * @returns Content by file name, for {@linkcode replaceFolder}; `loadModel` reads the folder.
 * @throws {CheckpointError} When the weights are not exactly those that the configuration calls for.
 * @throws {NonFiniteError} When a weight is NaN or infinite.
 */
export function modelFiles(
  weights: ReadonlyMap<string, Float32Array>,
  { config, tokenizer, tokenizerConfig }: ModelParts,
): Map<string, string | Uint8Array> {
  const { mask, eos, pad, bos } = config.ids;
  const ids = {
    bos_token_id: bos,
    eos_token_id: eos,
    mask_token_id: mask,
    pad_token_id: pad,
  };
  return new Map<string, string | Uint8Array>([
    ["config.json", json({ ...configJson(config), torch_dtype: "bfloat16" })],
    ["generation_config.json", json(ids)],
    ["model.safetensors", encodeSafetensors(storedWeights(weights, config))],
    ["tokenizer.json", json(tokenizer)],
    ["tokenizer_config.json", json(tokenizerConfig)],
  ]);
}

/** JSON for people, without keys that say nothing. */
function json(value: unknown): string {
  const said = (key: string, item: unknown) =>
    key.endsWith("_token_id") && item === null ? undefined : item;
  return JSON.stringify(value, said, 2) + "\n";
}
