/**
 * Sampling options and random inputs that decoders put into their requests.
 *
 * @module
 */
import type {
  ConfidenceDtype,
  DiffusionSpec,
  SamplingOptions,
} from "../model/types.ts";
import {
  type Fields,
  flag,
  integer,
  nullable,
  numeric,
  oneOf,
} from "./options.ts";
import { counterUniforms } from "./random.ts";
import type { UniformSource } from "./types.ts";

/** Added inside the logarithm of an entropy by Dream and LoPA. */
export const DREAM_ENTROPY_EPSILON = 1e-10;

/** Options that every sampler has. */
export interface CommonDecoderOptions {
  /** Positions to generate, default 256. */
  readonly maxNewTokens?: number;
  /** 0 (default) = greedy. */
  readonly temperature?: number;
  /** Whether the mask token can never be drawn; default true. The references allow it (false), which can leave masks. */
  readonly barMask?: boolean;
  /** Seed of all random numbers, default 0. */
  readonly seed?: number;
}

/** Fields of {@linkcode CommonDecoderOptions}. */
export const COMMON_FIELDS: Fields<CommonDecoderOptions> = {
  maxNewTokens: integer({ min: 1, fallback: 256 }),
  temperature: numeric({ min: 0, fallback: 0 }),
  barMask: flag(true),
  seed: integer({ min: 0, max: 0xffffffff, fallback: 0 }),
};

/** Options of the Dream family: its confidences are read after temperature and filters. */
export interface DreamFamilyOptions extends CommonDecoderOptions {
  /** Nucleus mass in (0, 1]; default `null` for no filter. Applied at temperature 0 too. */
  readonly topP?: number | null;
  /** Number of largest logits kept; default `null` for no filter. */
  readonly topK?: number | null;
  /** Dtype of probabilities, entropies and the threshold, default `f32`. */
  readonly confidenceDtype?: ConfidenceDtype;
}

/** Fields of {@linkcode DreamFamilyOptions}. */
export const DREAM_FIELDS: Fields<DreamFamilyOptions> = {
  ...COMMON_FIELDS,
  topP: nullable(numeric({ above: 0, max: 1 })),
  topK: nullable(integer({ min: 1 })),
  confidenceDtype: oneOf(["f32", "bf16"]),
};

/** What a decoder is given beside its JSON options. */
export interface SamplerInputs {
  /** Source of all random numbers; default: counter-based uniforms of the option `seed`. */
  readonly uniforms?: UniformSource;
}

/** What distinguishes one sampler's requests from another's; the rest has plain defaults. */
export type SamplingChoice = Partial<Omit<SamplingOptions, "barred">> & {
  readonly barMask: boolean;
  /** Further ids that can never be drawn. */
  readonly bar?: readonly number[];
};

/** Completes sampling options for a model. */
export function samplingFor(
  spec: DiffusionSpec,
  { barMask, bar = [], ...choice }: SamplingChoice,
): SamplingOptions {
  return {
    temperature: 0,
    topP: null,
    topK: null,
    confidenceFrom: "raw",
    confidenceDtype: "f32",
    entropyEpsilon: DREAM_ENTROPY_EPSILON,
    ...choice,
    barred: barMask ? [spec.maskId, ...bar] : bar,
  };
}

/** Uniforms for one purpose at each of `positions` of the only branch, `[n]`. */
export function drawUniforms(
  source: UniformSource,
  positions: Int32Array,
  { round, purpose }: { readonly round: number; readonly purpose: string },
): Float64Array {
  return Float64Array.from(
    positions,
    (position) => source({ round, branch: 0, position, purpose }),
  );
}

/** The given source, or the counter-based one of the options' seed. */
export function uniformsOf(
  { seed }: { readonly seed: number },
  { uniforms }: SamplerInputs,
): UniformSource {
  return uniforms ?? counterUniforms(seed);
}

/** Sampling of the Dream family. */
export function dreamSampling(
  spec: DiffusionSpec,
  options: Required<DreamFamilyOptions>,
): SamplingOptions {
  const { temperature, topP, topK, confidenceDtype, barMask } = options;
  return samplingFor(spec, {
    temperature,
    topP,
    topK,
    confidenceDtype,
    barMask,
    confidenceFrom: "filtered",
  });
}
