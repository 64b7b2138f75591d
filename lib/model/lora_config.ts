/**
 * `adapter_config.json` of a PEFT LoRA adapter.
 *
 * @module
 */
import {
  count,
  flag,
  insist,
  type JsonObject,
  positive,
} from "./config_values.ts";
import { AdapterError, ConfigError } from "./errors.ts";

/** What an adapter says of itself. */
export interface LoraConfig {
  readonly rank: number;
  /** Factor of the product B A: alpha / r, or alpha / sqrt(r) for rank-stabilised adapters. */
  readonly scale: number;
  /** Names of adapted modules, or a pattern of their full names. */
  readonly targets: readonly string[] | RegExp;
}

/** Keys whose other values would mean another way of adapting. */
const FIXED: Readonly<Record<string, readonly unknown[]>> = {
  peft_type: ["LORA"],
  bias: ["none", undefined],
  fan_in_fan_out: [false, undefined],
  use_dora: [false, undefined],
  lora_bias: [false, undefined],
  layers_to_transform: [undefined],
  layer_replication: [undefined],
  exclude_modules: [undefined],
  target_parameters: [undefined],
};

/** Keys that must be absent or empty. */
const EMPTY = ["modules_to_save", "rank_pattern", "alpha_pattern"];

/**
 * Reads the parsed contents of an `adapter_config.json`.
 *
 * @throws {AdapterError} On a missing key or a kind of adapter that cannot be merged here.
 */
export function parseLoraConfig(json: unknown): LoraConfig {
  try {
    return read(json as JsonObject);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw new AdapterError(
      error.message.replace(/^config\.json/, "adapter_config.json"),
      [error.key],
    );
  }
}

function read(json: JsonObject): LoraConfig {
  if (typeof json !== "object" || json === null || Array.isArray(json)) {
    throw new AdapterError("adapter_config.json holds no JSON object");
  }
  for (const [key, allowed] of Object.entries(FIXED)) {
    insist(json, key, allowed);
  }
  for (const key of EMPTY) {
    if (Object.keys(json[key] ?? {}).length > 0) {
      throw new AdapterError(
        `adapter_config.json: ${key} is ${
          JSON.stringify(json[key])
        }; such adapters cannot be merged here`,
        [key],
      );
    }
  }
  const rank = count(json, "r");
  const alpha = positive(json, "lora_alpha");
  return {
    rank,
    scale: alpha / (flag(json, "use_rslora", false) ? Math.sqrt(rank) : rank),
    targets: targets(json["target_modules"]),
  };
}

function targets(value: unknown): readonly string[] | RegExp {
  if (typeof value === "string") {
    return value === "all-linear"
      ? /^(?!lm_head$|model\.transformer\.ff_out$)/
      : new RegExp(`^(?:${value})$`);
  }
  const names = Array.isArray(value) ? value : [];
  if (names.length > 0 && names.every((name) => typeof name === "string")) {
    return names;
  }
  throw new AdapterError(
    `adapter_config.json: target_modules is ${
      JSON.stringify(value)
    }; a list of module names or a pattern is wanted`,
    ["target_modules"],
  );
}
