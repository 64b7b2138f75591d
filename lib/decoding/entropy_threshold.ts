/**
 * dParallel's entropy threshold (arXiv 2509.26488; czg1225/dParallel, LLaDA/generate.py and
 * Dream/model/generation_utils_semiar.py).
 *
 * @module
 */
import type { ConfidenceDtype } from "../model/types.ts";
import { roundThreshold } from "./bf16.ts";
import { blockwiseDecoder } from "./blockwise.ts";
import {
  blockwiseFields,
  type BlockwiseOptions,
  blockwiseSteps,
} from "./blockwise_options.ts";
import type { CachePolicy } from "./blockwise_request.ts";
import { entropies, quotaRule } from "./llada_rules.ts";
import {
  type Fields,
  flag,
  nullable,
  numeric,
  oneOf,
  resolveOptions,
} from "./options.ts";
import {
  COMMON_FIELDS,
  type CommonDecoderOptions,
  type SamplerInputs,
  samplingFor,
  uniformsOf,
} from "./sampling.ts";
import { pickEntropy } from "./selection.ts";
import type { Decoder } from "./types.ts";

/** Options of {@linkcode dparallelLlada}. */
export interface DparallelLladaOptions
  extends CommonDecoderOptions, BlockwiseOptions {
  /**
   * Largest entropy in nats that passes, default 0.5; below 0 only the candidate of lowest entropy is written. `null`: LLaDA's
   * fixed quota by entropy, which needs a cache.
   */
  readonly entropyThreshold?: number | null;
  /** What a block's later passes reuse; default `none`. */
  readonly cache?: CachePolicy;
  /** Whether a cached block makes a second pass even if the first one filled it, as the reference does; default true. */
  readonly alwaysInnerPass?: boolean;
}

/** Options of {@linkcode dparallelDream}. */
export interface DparallelDreamOptions
  extends CommonDecoderOptions, Omit<BlockwiseOptions, "steps"> {
  /** Entropies in nats below this pass, default 0.5; at or below 0 only the candidate of lowest entropy is written. */
  readonly entropyThreshold?: number;
  /** What a block's later passes reuse; default `none`. */
  readonly cache?: CachePolicy;
  /** Dtype of entropies and the threshold, default `f32`. */
  readonly confidenceDtype?: ConfidenceDtype;
}

const LLADA = "dparallel-llada";
const DREAM = "dparallel-dream";

/**
 * dParallel on LLaDA: writes every candidate of the block whose entropy is at most the threshold, and always the one of lowest
 * entropy. A fill's score is that entropy, of the distribution without temperature and with 1e-12 inside the logarithm.
 *
 * @throws {TypeError} For an unknown option or one of a wrong type.
 * @throws {RangeError} For a value out of range, lengths and steps that the blocks do not divide, or a quota without a cache.
 */
export function dparallelLlada(
  given: DparallelLladaOptions = {},
  inputs: SamplerInputs = {},
): Decoder {
  const fields: Fields<DparallelLladaOptions> = {
    ...COMMON_FIELDS,
    ...blockwiseFields(given),
    entropyThreshold: nullable(numeric(), 0.5),
    cache: oneOf(["none", "prefix", "dual"]),
    alwaysInnerPass: flag(true),
  };
  const resolved = resolveOptions(given, fields, { owner: LLADA });
  const { stepsPerBlock, ...whole } = blockwiseSteps(resolved);
  const options = { ...resolved, ...whole };
  const { temperature, barMask, cache, entropyThreshold } = options;
  if (entropyThreshold === null && cache === "none") {
    throw new RangeError(
      "entropyThreshold is null and cache is none; set cache to prefix or dual, or use llada-vanilla, which is what the " +
        "reference runs then",
    );
  }
  const byQuota = quotaRule(options.blockSize, stepsPerBlock);
  return blockwiseDecoder({
    name: LLADA,
    options,
    maxNewTokens: options.maxNewTokens,
    blockSize: options.blockSize,
    cache,
    freeFirst: false,
    minPasses: cache !== "none" && options.alwaysInnerPass ? 2 : 1,
    maxPasses: null,
    stepCap: options.stepCap,
    uniforms: uniformsOf(options, inputs),
    sampling: (spec) =>
      samplingFor(spec, { temperature, barMask, entropyEpsilon: 1e-12 }),
    choose(candidates, context) {
      if (entropyThreshold !== null) {
        const strict = false;
        return {
          picks: pickEntropy(entropies(candidates), entropyThreshold, {
            strict,
          }),
        };
      }
      const { picks, ...quota } = byQuota(candidates.negEntropy, context);
      return {
        ...quota,
        picks: picks.map((pick) => ({ ...pick, score: -pick.score })),
      };
    },
  });
}

/**
 * dParallel on Dream: writes every candidate of the block whose entropy is below the threshold, and always the one of lowest
 * entropy. A fill's score is that entropy, of the distribution without temperature and with 1e-8 inside the logarithm.
 *
 * The reference has no cached variant for Dream. Here a cache works as in Fast-dLLM's Dream sampler: a block's first pass
 * writes its first position only, with its probability as the score, and cached passes write the rest by entropy.
 *
 * @throws {TypeError} For an unknown option or one of a wrong type.
 * @throws {RangeError} For a value out of range, or a length that the blocks do not divide.
 */
export function dparallelDream(
  given: DparallelDreamOptions = {},
  inputs: SamplerInputs = {},
): Decoder {
  const { blockSize, stepCap } = blockwiseFields(given);
  const fields: Fields<DparallelDreamOptions> = {
    ...COMMON_FIELDS,
    blockSize,
    stepCap,
    entropyThreshold: numeric({ fallback: 0.5 }),
    cache: oneOf(["none", "prefix", "dual"]),
    confidenceDtype: oneOf(["f32", "bf16"]),
  };
  const options = resolveOptions(given, fields, { owner: DREAM });
  blockwiseSteps({ ...options, steps: null });
  const { temperature, barMask, confidenceDtype, cache, entropyThreshold } =
    options;
  const round = (value: number) => roundThreshold(value, confidenceDtype);
  return blockwiseDecoder({
    name: DREAM,
    options,
    maxNewTokens: options.maxNewTokens,
    blockSize: options.blockSize,
    cache,
    freeFirst: cache !== "none",
    minPasses: cache === "none" ? 1 : 2,
    maxPasses: null,
    stepCap: options.stepCap,
    uniforms: uniformsOf(options, inputs),
    sampling: (spec) =>
      samplingFor(spec, {
        temperature,
        barMask,
        confidenceDtype,
        entropyEpsilon: 1e-8,
      }),
    choose: (candidates) => ({
      picks: pickEntropy(entropies(candidates), entropyThreshold, {
        strict: true,
        round,
      }),
    }),
  });
}
