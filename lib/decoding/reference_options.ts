/**
 * The option names of the public LoPA and D2F implementations, mapped to this library's. The one place where their vocabulary
 * is known: `branching_factor`, `skip_threshold`, `selection_conf_alpha` and so on (spec sections 2.2 and 3.6).
 *
 * @module
 */
import type { ConfidenceDtype } from "../model/types.ts";
import { d2f, type D2fOptions, type D2fState } from "./d2f.ts";
import type { ConfidenceStrategy } from "./d2f_fill.ts";
import type { BlockOptions } from "./d2f_options.ts";
import { lopa } from "./lopa.ts";
import type { LopaOptions } from "./lopa_options.ts";
import type { LopaState } from "./lopa_round.ts";
import { SettingReader } from "./reference_setting.ts";
import type { Decoder } from "./types.ts";

/** The families of recordings whose settings are read here. */
export type ReferenceFamily =
  | "dream-d2f-single"
  | "dream-lopa"
  | "llada-d2f-single"
  | "diffucoder";

/** What a recording was made in, which its setting does not say. */
export interface ReferencePrecision {
  readonly confidenceDtype?: ConfidenceDtype;
}

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

/**
 * The confidence that a reference's `sampling_strategy` names.
 *
 * @throws {RangeError} for a name that the references do not know.
 */
export function strategyOf(name: string): ConfidenceStrategy {
  const strategies: Record<string, ConfidenceStrategy> = {
    default: "probability",
    margin: "margin",
    neg_entropy: "negEntropy",
  };
  const strategy = strategies[name];
  if (strategy === undefined) {
    throw new RangeError(
      `sampling_strategy is "${name}"; the references know ${
        Object.keys(strategies).join(", ")
      }`,
    );
  }
  return strategy;
}

/**
 * The decoder of a recorded setting, exactly as the reference ran: MASK may be predicted and nothing limits the steps.
 *
 * `max_length` is read and left aside: it shortens prompts in the references' harnesses, above the functions that were recorded
 * (see `truncatePrompt`).
 *
 * @throws {TypeError} for an unknown family, and for a key that is unknown, missing or of the wrong type.
 * @throws {RangeError} for a value out of range or one that the recorded function does not take.
 */
export function decoderFromSetting(
  family: string,
  setting: Readonly<Record<string, unknown>>,
  precision: ReferencePrecision = {},
): Decoder<D2fState> | Decoder<LopaState> {
  const read = new SettingReader(family, setting);
  switch (family) {
    case "dream-d2f-single":
    case "dream-lopa":
      return dreamDecoder(read, precision);
    case "llada-d2f-single":
      return lladaDecoder(read, precision);
    case "diffucoder":
      return diffucoderDecoder(read, precision);
    default:
      throw new TypeError(
        `no decoder is known for family "${family}"; this file reads dream-d2f-single, dream-lopa, llada-d2f-single, diffucoder`,
      );
  }
}

/** LoPA's Dream-scale class, which has both decoders and chooses by `use_uncertainty_logic`. */
function dreamDecoder(
  read: SettingReader,
  precision: ReferencePrecision,
): Decoder<D2fState> | Decoder<LopaState> {
  const block = {
    ...blockOptions(read, precision),
    stopId: read.number("eos_token_id"),
  };
  const visibility = read.flag("use_full_attention") ? "full" : "block-causal";
  const branches = branchOptions(read, "dream");
  const multi = read.flag("use_uncertainty_logic");
  read.finish();
  return multi
    ? lopa({ ...block, ...branches, visibility })
    : d2f({ ...block, rule: "dream", visibility });
}

/** D2F's LLaDA class. */
function lladaDecoder(
  read: SettingReader,
  precision: ReferencePrecision,
): Decoder<D2fState> {
  const block = {
    ...blockOptions(read, precision),
    stopId: read.number("eos_token_id"),
  };
  const visibility = read.choice("attention", ["block-causal", "full"]);
  read.finish();
  return d2f({ ...block, rule: "llada", visibility });
}

/** LoPA's DiffuCoder classes: the parallel one where the setting has a branching factor. */
function diffucoderDecoder(
  read: SettingReader,
  precision: ReferencePrecision,
): Decoder<D2fState> | Decoder<LopaState> {
  const block = {
    ...blockOptions(read, precision),
    stopId: read.number("pad_token_id"),
  };
  if (!read.has("branching_factor")) {
    const options: D2fOptions = {
      ...block,
      rule: "diffucoder",
      visibility: read.choice("attention", ["block-causal"]),
    };
    read.finish();
    return d2f(options);
  }
  read.choiceOrNull("attention", []);
  const options: LopaOptions = {
    ...block,
    ...branchOptions(read, "diffucoder"),
    visibility: read.flag("use_full_attention") ? "full" : "block-causal",
    forcingSample: read.flag("forcing_sample"),
  };
  read.finish();
  return lopa(options);
}

/** Keys that all three classes have. */
function blockOptions(
  read: SettingReader,
  precision: ReferencePrecision,
): BlockOptions {
  read.number("max_length");
  return {
    blockSize: read.number("block_size"),
    maxNewTokens: read.number("max_new_tokens"),
    addThreshold: read.number("block_add_threshold"),
    activateThreshold: read.number("decoded_token_threshold"),
    confidenceThreshold: read.number("skip_threshold"),
    strategy: strategyOf(read.text("sampling_strategy")),
    temperature: read.number("temperature"),
    topP: read.numberOrNull("top_p"),
    topK: read.numberOrNull("top_k"),
    maskId: read.number("mask_token_id"),
    confidenceDtype: precision.confidenceDtype ?? "f32",
    barMask: false,
    stepCap: null,
  };
}

/** Keys of the multi-branch decoders. The single-branch functions have them too and do not look at them. */
function branchOptions(
  read: SettingReader,
  variant: "dream" | "diffucoder",
): LopaOptions {
  return {
    variant,
    lookaheads: lookaheadsOf(read.number("branching_factor"), { variant }),
    branchVerification: read.flag("branch_verification_mode"),
    branchCompetition: read.flag("base_branch_competition"),
    forceAnchor: read.flag("verification_force_base_winner"),
    branchTopP: read.number("branch_topp"),
    creationWeight: Math.min(
      1,
      Math.max(0, read.number("selection_conf_alpha")),
    ),
  };
}
