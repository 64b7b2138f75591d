/**
 * What decoders are told of a model.
 *
 * @module
 */
import { ConfigError } from "./errors.ts";
import type { TensorSource } from "./tensor_source.ts";
import type { ModelSpec } from "./types.ts";

/**
 * The {@linkcode ModelSpec} of a model. Where the configuration names no padding id, the end-of-sequence id serves. A causal
 * language model has no mask, whatever its tokenizer may name.
 *
 * @throws {ConfigError} When the mask or the end-of-sequence id is nowhere given, or an id is beyond the vocabulary.
 */
export function modelSpec(
  { config, digest }: Pick<TensorSource, "config" | "digest">,
): ModelSpec {
  const { mask, eos, pad, bos } = config.ids;
  for (const [name, id] of Object.entries(config.ids)) {
    if (id !== null && id >= config.vocabSize) {
      throw new ConfigError(
        `${name}_token_id`,
        `${name}_token_id is ${id}, beyond the ${config.vocabSize} rows of the output head`,
      );
    }
  }
  return {
    family: config.family,
    vocabSize: config.vocabSize,
    maskId: config.family === "qwen2" ? null : needed(mask, "mask_token_id"),
    eosId: needed(eos, "eos_token_id"),
    padId: pad ?? needed(eos, "eos_token_id"),
    bosId: bos,
    shift: config.family !== "llada",
    maxPositions: config.maxPositions,
    digest,
  };
}

/**
 * Longest sequence of a session: as asked, at most what the model knows.
 *
 * @throws {RangeError} When more is asked than the model's positions, or less than 1.
 */
export function sessionPositions(
  spec: ModelSpec,
  asked: number = spec.maxPositions,
): number {
  if (Number.isInteger(asked) && asked >= 1 && asked <= spec.maxPositions) {
    return asked;
  }
  throw new RangeError(
    `cannot open a session of ${asked} positions: the model's context holds ${spec.maxPositions}; ` +
      "shorten the prompt or the answer",
  );
}

function needed(id: number | null, key: string): number {
  if (id !== null) return id;
  throw new ConfigError(
    key,
    `neither config.json nor generation_config.json gives ${key}; add it to config.json`,
  );
}
