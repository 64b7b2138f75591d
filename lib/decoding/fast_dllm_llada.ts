/**
 * Fast-dLLM on LLaDA: threshold, factor and quota rules, without cache, with a prefix cache or a dual cache
 * (arXiv 2505.22618; NVlabs/Fast-dLLM, v1 tree, llada/generate.py).
 *
 * @module
 */
import { type BlockPlan, blockwiseDecoder } from "./blockwise.ts";
import {
  blockwiseFields,
  type BlockwiseOptions,
  blockwiseSteps,
} from "./blockwise_options.ts";
import type { CachePolicy } from "./blockwise_request.ts";
import { quotaRule } from "./llada_rules.ts";
import {
  type Fields,
  flag,
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
import { pickFactor, pickThreshold } from "./selection.ts";
import type { Decoder } from "./types.ts";

/** Options of {@linkcode fastDllmLlada}. */
export interface FastDllmLladaOptions
  extends CommonDecoderOptions, BlockwiseOptions {
  /**
   * `threshold` (default): every candidate at least as probable as `threshold`, and always the best one; `factor`: see
   * `factorVariant`; `quota`: LLaDA's fixed quota by probability.
   */
  readonly rule?: "threshold" | "factor" | "quota";
  /** Smallest probability that passes, default 0.9. Above 1 only the best candidate is written. */
  readonly threshold?: number;
  /** The factor f, default 1. */
  readonly factor?: number;
  /** How the factor rule ends, see `FactorOptions`; default `reference`. */
  readonly factorVariant?: "reference" | "intended";
  /** What a block's later passes reuse; default `none`. */
  readonly cache?: CachePolicy;
  /**
   * Whether a cached block makes a second pass even if the first one filled it, as revision 24cc59e does (default true); later
   * revisions do not.
   */
  readonly alwaysInnerPass?: boolean;
}

const NAME = "fast-dllm-llada";

const FIELDS: Fields<Omit<FastDllmLladaOptions, keyof BlockwiseOptions>> = {
  ...COMMON_FIELDS,
  rule: oneOf(["threshold", "factor", "quota"]),
  threshold: numeric({ min: 0, fallback: 0.9 }),
  factor: numeric({ min: 0, fallback: 1 }),
  factorVariant: oneOf(["reference", "intended"]),
  cache: oneOf(["none", "prefix", "dual"]),
  alwaysInnerPass: flag(true),
};

/**
 * Fast-dLLM's sampler for LLaDA. A fill's score is the probability of its token without temperature, which the reference
 * computes in float64 and this library in float32.
 *
 * @throws {TypeError} For an unknown option or one of a wrong type.
 * @throws {RangeError} For a value out of range, or lengths and steps that the blocks do not divide.
 */
export function fastDllmLlada(
  given: FastDllmLladaOptions = {},
  inputs: SamplerInputs = {},
): Decoder {
  const fields = { ...FIELDS, ...blockwiseFields(given) };
  const resolved = resolveOptions<FastDllmLladaOptions>(given, fields, {
    owner: NAME,
  });
  const { stepsPerBlock, ...whole } = blockwiseSteps(resolved);
  const options = { ...resolved, ...whole };
  const { temperature, barMask } = options;
  return blockwiseDecoder({
    name: NAME,
    options,
    maxNewTokens: options.maxNewTokens,
    blockSize: options.blockSize,
    cache: options.cache,
    freeFirst: false,
    minPasses: options.cache !== "none" && options.alwaysInnerPass ? 2 : 1,
    maxPasses: null,
    stepCap: options.stepCap,
    uniforms: uniformsOf(options, inputs),
    sampling: (spec) => samplingFor(spec, { temperature, barMask }),
    choose: ruleOf(options, stepsPerBlock),
  });
}

function ruleOf(
  options: Required<FastDllmLladaOptions>,
  stepsPerBlock: number,
): BlockPlan["choose"] {
  const { threshold, factor, factorVariant: variant } = options;
  switch (options.rule) {
    case "threshold":
      return ({ probability }) => ({
        picks: pickThreshold(probability, threshold),
      });
    case "factor":
      return ({ probability }) => ({
        picks: pickFactor(probability, { factor, variant }),
      });
    case "quota": {
      const rule = quotaRule(options.blockSize, stepsPerBlock);
      return ({ probability }, context) => rule(probability, context);
    }
  }
}
