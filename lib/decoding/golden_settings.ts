/**
 * Decoders of the golden families made by Dream, LLaDA, Fast-dLLM and dParallel code, from the settings recorded with them.
 *
 * A setting alone does not always say which routine made a trace: Fast-dLLM's and dParallel's LLaDA samplers with and without a
 * cache share all parameters, as do LLaDA's own sampler and dParallel's copy of it. The `reference` recorded beside the setting
 * (repository and function) decides between those, and nothing else does.
 *
 * @module
 */
import type { CachePolicy } from "./blockwise_request.ts";
import { dreamVanilla } from "./dream_vanilla.ts";
import { dparallelDream, dparallelLlada } from "./entropy_threshold.ts";
import { fastDllmDream } from "./fast_dllm_dream.ts";
import { fastDllmDreamCanvas } from "./fast_dllm_dream_canvas.ts";
import { fastDllmLlada } from "./fast_dllm_llada.ts";
import { lladaVanilla } from "./llada_vanilla.ts";
import { readSetting, type SettingKey } from "./setting_keys.ts";
import type { Decoder, UniformSource } from "./types.ts";

/** Parameters as recorded with a trace. */
export type RecordedSetting = Readonly<Record<string, unknown>>;

/** What is recorded beside a setting. */
export interface SettingContext {
  /** The routine that made the trace. */
  readonly reference: { readonly repo: string; readonly function: string };
  /** Uniforms recorded with the run, where there are any. */
  readonly uniforms?: UniformSource;
}

/** Makes the decoder of one family. */
export type FamilyFactory = (
  setting: RecordedSetting,
  context: SettingContext,
) => Decoder;

/** Families by name. */
export const SAMPLER_FAMILIES: Readonly<Record<string, FamilyFactory>> = {
  "dream-vanilla": dreamVanillaFrom,
  "dream-fastdllm": dreamFastDllmFrom,
  "dream-dparallel": dreamDparallelFrom,
  "llada-vanilla": lladaVanillaFrom,
  "llada-fastdllm": lladaFastDllmFrom,
  "llada-dparallel": lladaDparallelFrom,
};

/** Whatever is not the threshold ranks by negative entropy in Fast-dLLM's block-wise Dream sampler. */
const BLOCKWISE_ALGORITHMS = [
  "confidence_threshold",
  "entropy",
  "maskgit_plus",
  "topk_margin",
  "origin",
];

const IGNORED: SettingKey = { kind: "ignored" };
const only = (...values: readonly unknown[]): SettingKey => ({
  kind: "only",
  values,
});
const option = (name: string): SettingKey => ({ kind: "option", name });

/** The ids are the model's; whoever loads the model compares them. */
const IDS = { mask_token_id: IGNORED, eos_token_id: IGNORED };

const DREAM = {
  ...IDS,
  max_new_tokens: option("maxNewTokens"),
  temperature: option("temperature"),
  top_p: option("topP"),
  top_k: option("topK"),
};

const DREAM_REQUIRED = ["max_new_tokens", "steps", "alg"];

const DREAM_SCHEDULE = {
  steps: option("steps"),
  eps: option("epsilon"),
  alg_temp: option("rankTemperature"),
};

const LLADA = {
  ...IDS,
  gen_length: option("maxNewTokens"),
  block_length: option("blockSize"),
  steps: option("steps"),
  temperature: option("temperature"),
};

const LLADA_REQUIRED = ["gen_length", "block_length", "steps"];

const CACHES: Readonly<Record<string, CachePolicy>> = {
  generate: "none",
  generate_with_prefix_cache: "prefix",
  generate_with_dual_cache: "dual",
};

function dreamVanillaFrom(
  setting: RecordedSetting,
  context: SettingContext,
): Decoder {
  const keys = { ...DREAM, ...DREAM_SCHEDULE, alg: option("algorithm") };
  const options = readSetting(setting, keys, {
    owner: "dream-vanilla",
    required: DREAM_REQUIRED,
  });
  return dreamVanilla({ ...options, barMask: false }, context);
}

function dreamFastDllmFrom(
  setting: RecordedSetting,
  context: SettingContext,
): Decoder {
  const owner = "dream-fastdllm";
  const byThreshold = setting.alg === "confidence_threshold";
  if (setting.block_length === undefined) {
    if (!byThreshold) return dreamVanillaFrom(setting, context);
    const keys = {
      ...DREAM,
      alg: IGNORED,
      eps: IGNORED,
      steps: option("steps"),
      threshold: option("threshold"),
    };
    const options = readSetting(setting, keys, {
      owner,
      required: DREAM_REQUIRED,
    });
    return fastDllmDreamCanvas({ ...options, barMask: false }, context);
  }
  const keys = {
    ...DREAM,
    ...DREAM_SCHEDULE,
    alg: only(...BLOCKWISE_ALGORITHMS),
    threshold: option("threshold"),
    block_length: option("blockSize"),
    dual_cache: only(true, false),
  };
  const options = readSetting(setting, keys, {
    owner,
    required: DREAM_REQUIRED,
  });
  return fastDllmDream({
    ...options,
    rule: byThreshold ? "threshold" : "entropy",
    cache: setting.dual_cache === true ? "dual" : "prefix",
    leaveMasks: true,
    barMask: false,
  }, context);
}

/** The reference ignores filters, and its entropy rule has no use for steps and times. */
function dreamDparallelFrom(
  setting: RecordedSetting,
  context: SettingContext,
): Decoder {
  const keys = {
    ...DREAM,
    top_p: IGNORED,
    top_k: IGNORED,
    steps: IGNORED,
    eps: IGNORED,
    alg: only("entropy_threshold"),
    threshold: option("entropyThreshold"),
    block_length: option("blockSize"),
  };
  const options = readSetting(setting, keys, {
    owner: "dream-dparallel",
    required: DREAM_REQUIRED,
  });
  return dparallelDream({ ...options, barMask: false }, context);
}

function lladaVanillaFrom(
  setting: RecordedSetting,
  context: SettingContext,
): Decoder {
  const keys = {
    ...LLADA,
    remasking: option("remasking"),
    score: only("confidence"),
    threshold: only(null),
  };
  const options = readSetting(setting, keys, {
    owner: "llada-vanilla",
    required: LLADA_REQUIRED,
  });
  const stopWhenFull = context.reference.repo !== "ML-GSAI/LLaDA";
  return lladaVanilla({ ...options, stopWhenFull, barMask: false }, context);
}

function lladaFastDllmFrom(
  setting: RecordedSetting,
  context: SettingContext,
): Decoder {
  const owner = "llada-fastdllm";
  const keys = {
    ...LLADA,
    remasking: only("low_confidence"),
    score: only("confidence"),
    threshold: option("threshold"),
    factor: option("factor"),
  };
  const options = readSetting(setting, keys, {
    owner,
    required: LLADA_REQUIRED,
  });
  const rule = "threshold" in options
    ? "threshold"
    : "factor" in options
    ? "factor"
    : "quota";
  const cache = cacheOf(context, { owner });
  return fastDllmLlada({ ...options, rule, cache, barMask: false }, context);
}

/** Without a threshold, the uncached routine is LLaDA's sampler and ranks by confidence; the cached ones rank by entropy. */
function lladaDparallelFrom(
  setting: RecordedSetting,
  context: SettingContext,
): Decoder {
  const owner = "llada-dparallel";
  const cache = cacheOf(context, { owner });
  const threshold = setting.threshold ?? null;
  if (cache === "none" && threshold === null) {
    return lladaVanillaFrom(setting, context);
  }
  const keys = {
    ...LLADA,
    remasking: only("low_confidence"),
    score: only("entropy"),
    threshold: IGNORED,
  };
  const options = readSetting(setting, keys, {
    owner,
    required: LLADA_REQUIRED,
  });
  return dparallelLlada({
    ...options,
    entropyThreshold: threshold as number | null,
    cache,
    barMask: false,
  }, context);
}

function cacheOf(
  { reference }: SettingContext,
  { owner }: { readonly owner: string },
): CachePolicy {
  const cache = CACHES[reference.function];
  if (cache === undefined) {
    throw new TypeError(
      `${owner}: the reference function is "${reference.function}"; one of ${
        Object.keys(CACHES).join(", ")
      } is wanted`,
    );
  }
  return cache;
}
