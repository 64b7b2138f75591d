/**
 * The option names of the public LoPA and D2F implementations, mapped to this library's. The one place where their vocabulary
 * is known: `branching_factor`, `skip_threshold`, `selection_conf_alpha` and so on (spec sections 2.2 and 3.6).
 *
 * @module
 */
import { d2f } from "./d2f.ts";
import type { ConfidenceStrategy } from "./d2f_fill.ts";
import type { RecordedSetting } from "./golden_settings.ts";
import { lopa } from "./lopa.ts";
import type { SamplerInputs } from "./sampling.ts";
import { readSetting, type SettingKey } from "./setting_keys.ts";
import type { Decoder } from "./types.ts";

/**
 * Lookaheads that a reference's `branching_factor` stands for: all of it in the Dream-scale and DiffuCoder-scale code, except
 * that 1 means none, and one less in LoPA-Dist-NV, where the anchor counts.
 *
 * @throws {RangeError} for a factor that is not a whole number of at least 1.
 */
export function lookaheadsOf(
  branchingFactor: number,
  { variant }: { readonly variant: "dream" | "diffucoder" | "nv" },
): number {
  if (!Number.isSafeInteger(branchingFactor) || branchingFactor < 1) {
    throw new RangeError(
      `branching_factor is ${branchingFactor}; give a whole number of at least 1`,
    );
  }
  if (variant === "nv") return branchingFactor - 1;
  return branchingFactor === 1 ? 0 : branchingFactor;
}

const STRATEGIES: Readonly<Record<string, ConfidenceStrategy>> = {
  default: "probability",
  margin: "margin",
  neg_entropy: "negEntropy",
};

/**
 * The confidence that a reference's `sampling_strategy` names.
 *
 * @throws {RangeError} for a name that the references do not know.
 */
export function strategyOf(name: string): ConfidenceStrategy {
  const strategy = Object.hasOwn(STRATEGIES, name)
    ? STRATEGIES[name]
    : undefined;
  if (strategy === undefined) {
    throw new RangeError(
      `sampling_strategy is ${JSON.stringify(name)}; the references know ${
        Object.keys(STRATEGIES).join(", ")
      }`,
    );
  }
  return strategy;
}

/**
 * Decoders of the recorded families of D2F and LoPA from a setting, as the references ran: MASK may be predicted and nothing
 * limits the steps. A key that is unknown, missing or of the wrong type is a TypeError, a value out of range a RangeError.
 *
 * `max_length` is left aside: it shortens prompts in the references' harnesses, above the functions that were recorded (see
 * `truncatePrompt`).
 */
export const BLOCK_FAMILIES: Readonly<
  Record<string, (setting: RecordedSetting, inputs?: SamplerInputs) => Decoder>
> = {
  "dream-d2f-single": dreamDecoder,
  "dream-lopa": dreamDecoder,
  "llada-d2f-single": lladaDecoder,
  diffucoder: diffucoderDecoder,
};

const IGNORED: SettingKey = { kind: "ignored" };
const option = (name: string): SettingKey => ({ kind: "option", name });
const only = (...values: readonly unknown[]): SettingKey => ({
  kind: "only",
  values,
});

/** Keys of all three classes. */
const BLOCK = {
  block_size: option("blockSize"),
  max_new_tokens: option("maxNewTokens"),
  max_length: IGNORED,
  block_add_threshold: option("addThreshold"),
  decoded_token_threshold: option("activateThreshold"),
  skip_threshold: option("confidenceThreshold"),
  sampling_strategy: only(...Object.keys(STRATEGIES)),
  temperature: option("temperature"),
  mask_token_id: option("maskId"),
};

/** Filters, which DiffuCoder's settings do not mention. */
const FILTERS = { top_p: option("topP"), top_k: option("topK") };

/** Keys of the multi-branch decoders. */
const BRANCHES = {
  branching_factor: IGNORED,
  branch_verification_mode: option("branchVerification"),
  base_branch_competition: option("branchCompetition"),
  verification_force_base_winner: option("forceAnchor"),
  branch_topp: option("branchTopP"),
  selection_conf_alpha: IGNORED,
};

const DREAM = {
  ...BLOCK,
  ...BRANCHES,
  use_uncertainty_logic: only(true, false),
  use_full_attention: only(true, false),
  eos_token_id: option("stopId"),
};

const LLADA = {
  ...BLOCK,
  attention: only("block-causal"),
  eos_token_id: option("stopId"),
};

const DIFFUCODER_SINGLE = {
  ...BLOCK,
  attention: only("block-causal"),
  pad_token_id: option("stopId"),
};

const DIFFUCODER_LOPA = {
  ...BLOCK,
  ...BRANCHES,
  use_full_attention: only(true, false),
  forcing_sample: option("forcingSample"),
  attention: only(null),
  pad_token_id: option("stopId"),
};

/** Options without counterpart in a setting: as the references behave. */
const PARITY = { barMask: false, stepCap: null };

/** LoPA's Dream-scale class has both decoders and chooses by `use_uncertainty_logic`; the single-branch one ignores branches. */
function dreamDecoder(
  setting: RecordedSetting,
  inputs: SamplerInputs = {},
): Decoder {
  const visibility = setting.use_full_attention === true
    ? "full"
    : "block-causal";
  if (setting.use_uncertainty_logic === true) {
    const options = {
      ...readBlock(setting, DREAM),
      ...readBranches(setting, "dream"),
      visibility,
    } as const;
    return lopa(options, inputs);
  }
  const unused = Object.fromEntries(
    Object.keys(BRANCHES).map((key) => [key, IGNORED]),
  );
  return d2f({
    ...readBlock(setting, { ...DREAM, ...unused }),
    visibility,
    rule: "dream",
  }, inputs);
}

/** D2F's LLaDA class. */
function lladaDecoder(
  setting: RecordedSetting,
  inputs: SamplerInputs = {},
): Decoder {
  return d2f(
    { ...readBlock(setting, LLADA), rule: "llada" },
    inputs,
  );
}

/** LoPA's DiffuCoder classes: the parallel one where there is a branching factor. */
function diffucoderDecoder(
  setting: RecordedSetting,
  inputs: SamplerInputs = {},
): Decoder {
  if (!Object.hasOwn(setting, "branching_factor")) {
    return d2f(
      { ...readBlock(setting, DIFFUCODER_SINGLE), rule: "diffucoder" },
      inputs,
    );
  }
  const visibility = setting.use_full_attention === true
    ? "full"
    : "block-causal";
  const options = {
    ...readBlock(setting, DIFFUCODER_LOPA),
    ...readBranches(setting, "diffucoder"),
    visibility,
  } as const;
  return lopa(options, inputs);
}

/** Options under their own names; every key of the table must be there, filters aside. */
function readBlock(
  setting: RecordedSetting,
  keys: Readonly<Record<string, SettingKey>>,
): Record<string, unknown> {
  const missing = Object.keys(keys).filter((key) =>
    !Object.hasOwn(setting, key)
  );
  if (missing.length > 0) {
    throw new TypeError(
      `the setting lacks ${
        missing.join(", ")
      }; give every parameter of the recorded class`,
    );
  }
  const options = readSetting(setting, { ...keys, ...FILTERS }, {
    owner: "D2F or LoPA",
  });
  return {
    ...options,
    ...PARITY,
    strategy: strategyOf(setting.sampling_strategy as string),
  };
}

/** Options of the branches that are more than a name. The reference clamps alpha to [0, 1]. */
function readBranches(
  setting: RecordedSetting,
  variant: "dream" | "diffucoder",
): Record<string, unknown> {
  return {
    variant,
    lookaheads: lookaheadsOf(setting.branching_factor as number, { variant }),
    creationWeight: Math.min(
      1,
      Math.max(0, setting.selection_conf_alpha as number),
    ),
  };
}
