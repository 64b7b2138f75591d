/**
 * All decoders by name, for command lines, experiments and recorded settings.
 *
 * @module
 */
import { autoregressive } from "./autoregressive.ts";
import { d2f } from "./d2f.ts";
import { dreamVanilla } from "./dream_vanilla.ts";
import { dparallelDream, dparallelLlada } from "./entropy_threshold.ts";
import { fastDllmDream } from "./fast_dllm_dream.ts";
import { fastDllmDreamCanvas } from "./fast_dllm_dream_canvas.ts";
import { fastDllmLlada } from "./fast_dllm_llada.ts";
import {
  type RecordedSetting,
  SAMPLER_FAMILIES,
  type SettingContext,
} from "./golden_settings.ts";
import { lladaVanilla } from "./llada_vanilla.ts";
import { lopa } from "./lopa.ts";
import { lopaCanvas } from "./lopa_canvas.ts";
import { BLOCK_FAMILIES } from "./reference_options.ts";
import type { SamplerInputs } from "./sampling.ts";
import type { Decoder } from "./types.ts";

/** Makes a decoder from options in plain JSON, which it checks. */
export type DecoderFactory = (
  options?: Readonly<Record<string, unknown>>,
  inputs?: SamplerInputs,
) => Decoder;

/** A decoder as plain JSON: `{"name": "lopa", "options": {"lookaheads": 4}}`. */
export interface DecoderSpec {
  /** One of {@linkcode decoderNames}. */
  readonly name: string;
  /** The options of that decoder; absent ones have their defaults. */
  readonly options?: Readonly<Record<string, unknown>>;
}

const DECODERS: Readonly<Record<string, DecoderFactory>> = {
  "dream-vanilla": dreamVanilla,
  "llada-vanilla": lladaVanilla,
  "fast-dllm-dream": fastDllmDream,
  "fast-dllm-dream-canvas": fastDllmDreamCanvas,
  "fast-dllm-llada": fastDllmLlada,
  "dparallel-dream": dparallelDream,
  "dparallel-llada": dparallelLlada,
  d2f,
  lopa,
  "lopa-canvas": lopaCanvas,
  autoregressive,
};

/** Names of all decoders. */
export function decoderNames(): string[] {
  return Object.keys(DECODERS);
}

/** Names of the golden families that {@linkcode decoderFromSetting} knows. */
export function goldenFamilies(): string[] {
  return [...Object.keys(SAMPLER_FAMILIES), ...Object.keys(BLOCK_FAMILIES)];
}

/**
 * Makes a decoder from its description.
 *
 * @param spec Name and options.
 * @param inputs What JSON cannot hold.
 * @throws {TypeError} For an unknown name, an unknown option or one of a wrong type.
 * @throws {RangeError} For an option out of range.
 *
 * @example Options as they come from a file
 * ```ts
 * import { createDecoder } from "dllm-lab";
 *
 * const spec = JSON.parse('{"name": "lopa", "options": {"lookaheads": 4}}');
 * const { options } = createDecoder(spec);
 * if (options.lookaheads !== 4 || options.branchTopP !== 1) {
 *   throw new Error("given options and defaults are wanted");
 * }
 * ```
 */
export function createDecoder(
  spec: DecoderSpec,
  inputs: SamplerInputs = {},
): Decoder {
  const factory = Object.hasOwn(DECODERS, spec.name)
    ? DECODERS[spec.name]
    : undefined;
  if (factory === undefined) {
    throw new TypeError(
      `there is no decoder "${spec.name}"; the decoders are ${
        decoderNames().join(", ")
      }`,
    );
  }
  return factory(spec.options, inputs);
}

/**
 * The decoder that reproduces a recorded trace, from the family's name, the recorded setting and what is recorded beside it.
 *
 * @throws {TypeError} For an unknown family, or a setting key that is unknown, missing or not as the family has it.
 * @throws {RangeError} For a value out of range.
 */
export function decoderFromSetting(
  family: string,
  setting: RecordedSetting,
  context: SettingContext,
): Decoder {
  for (const families of [SAMPLER_FAMILIES, BLOCK_FAMILIES]) {
    if (Object.hasOwn(families, family)) {
      return families[family]!(setting, context);
    }
  }
  throw new TypeError(
    `no decoder is known for the family "${family}"; the families are ${
      goldenFamilies().join(", ")
    }`,
  );
}
