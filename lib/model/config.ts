/**
 * `config.json` of a Hugging Face checkpoint, read into one shape for all families and checked key by key: whatever would
 * change the network in a way that this package does not compute is refused by name.
 *
 * @module
 */
import { dreamConfig, qwen2Config } from "./config_dream.ts";
import { lladaConfig } from "./config_llada.ts";
import { type JsonObject, text } from "./config_values.ts";
import { ConfigError } from "./errors.ts";
import type { ModelFamily } from "./types.ts";

/** Special token ids as far as the configuration files know them. */
export interface SpecialIds {
  /** Stands for a token not yet decided. */
  readonly mask: number | null;
  /** End of sequence. */
  readonly eos: number | null;
  /** Padding. */
  readonly pad: number | null;
  /** Beginning of sequence. */
  readonly bos: number | null;
}

/** A decoder-only transformer: RMSNorm, rotary attention with grouped key-value heads, SwiGLU, no dropout. */
export interface ModelConfig {
  /** Decides names of tensors and the logits shift. */
  readonly family: ModelFamily;
  /** Width of the residual stream. */
  readonly hiddenSize: number;
  /** Number of layers. */
  readonly layers: number;
  /** Query heads. */
  readonly heads: number;
  /** Key-value heads; divides `heads`. */
  readonly kvHeads: number;
  /** `hiddenSize / heads`, even. */
  readonly headDim: number;
  /** Width of the SwiGLU. */
  readonly mlpSize: number;
  /** Rows of the embedding and of the output head. */
  readonly vocabSize: number;
  /** Base of the rotary frequencies. */
  readonly ropeTheta: number;
  /** Added to the mean square inside RMSNorm. */
  readonly normEps: number;
  /** Whether the output head is the embedding matrix. */
  readonly tied: boolean;
  /** Whether query, key and value projections carry a bias. */
  readonly qkvBias: boolean;
  /** Longest sequence. */
  readonly maxPositions: number;
  /** Special tokens. */
  readonly ids: SpecialIds;
}

/**
 * Reads the parsed contents of a `config.json`.
 *
 * @param json Parsed `config.json`.
 * @param generation Parsed `generation_config.json`: special ids that `config.json` leaves open are taken from it.
 * @throws {ConfigError} On an unknown family, a missing key, or a value that calls for another network.
 */
export function parseConfig(
  json: unknown,
  generation: unknown = {},
): ModelConfig {
  const config = object(json, "config.json");
  const merged = {
    ...tokenIds(object(generation, "generation_config.json")),
    ...present(config),
  };
  const family = text(merged, "model_type");
  switch (family) {
    case "Dream":
      return checked(dreamConfig(merged));
    case "llada":
      return checked(lladaConfig(merged));
    case "qwen2":
      return checked(qwen2Config(merged));
    default:
      throw new ConfigError(
        "model_type",
        `config.json says model_type ${
          JSON.stringify(family)
        }; the families known here are "Dream", "llada" and "qwen2"`,
      );
  }
}

/** Size of queries and of keys (or values) per position, in elements. */
export function attentionWidths(
  config: ModelConfig,
): { readonly query: number; readonly keyValue: number } {
  return {
    query: config.heads * config.headDim,
    keyValue: config.kvHeads * config.headDim,
  };
}

function object(json: unknown, file: string): JsonObject {
  if (typeof json === "object" && json !== null && !Array.isArray(json)) {
    return json as JsonObject;
  }
  throw new ConfigError(
    file,
    `${file} holds ${
      JSON.stringify(json)?.slice(0, 40)
    }; a JSON object is wanted`,
  );
}

function present(config: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(config).filter(([_, value]) => value !== null),
  );
}

function tokenIds(generation: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(generation).filter(([key]) => key.endsWith("_token_id")),
  );
}

function checked(config: ModelConfig): ModelConfig {
  const { heads, kvHeads, hiddenSize, headDim } = config;
  if (heads % kvHeads !== 0) {
    throw new ConfigError(
      "kvHeads",
      `${heads} attention heads cannot share ${kvHeads} key-value heads evenly`,
    );
  }
  if (headDim * heads !== hiddenSize || headDim % 2 !== 0) {
    throw new ConfigError(
      "headDim",
      `width ${hiddenSize} over ${heads} heads gives ${
        hiddenSize / heads
      } per head; an even whole number is wanted`,
    );
  }
  return config;
}
