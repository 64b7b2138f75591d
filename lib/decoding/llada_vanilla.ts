/**
 * LLaDA's own sampler: blocks from left to right, a fixed quota of tokens per step (arXiv 2502.09992, Algorithms 4 and 5;
 * ML-GSAI/LLaDA generate.py). Classifier-free guidance is not offered.
 *
 * @module
 */
import type { BranchPredictions, ModelSpec } from "../model/types.ts";
import {
  blockwiseDecoder,
  type PassChoice,
  type PassContext,
} from "./blockwise.ts";
import {
  blockwiseFields,
  type BlockwiseOptions,
  blockwiseSteps,
} from "./blockwise_options.ts";
import { quotaRule } from "./llada_rules.ts";
import {
  type Fields,
  flag,
  integer,
  nullable,
  oneOf,
  resolveOptions,
} from "./options.ts";
import {
  COMMON_FIELDS,
  type CommonDecoderOptions,
  drawUniforms,
  type SamplerInputs,
  samplingFor,
  uniformsOf,
} from "./sampling.ts";
import type { Decoder } from "./types.ts";

/** Options of {@linkcode lladaVanilla}. */
export interface LladaVanillaOptions
  extends CommonDecoderOptions, Omit<BlockwiseOptions, "stepCap"> {
  /**
   * What candidates are ranked by: the probability of their token, or a uniform (purpose `confidence`). Default
   * `low_confidence`.
   */
  readonly remasking?: "low_confidence" | "random";
  /** Whether the end-of-sequence token can never be drawn (reference `logits_eos_inf`); default false. */
  readonly barEos?: boolean;
  /**
   * Whether end-of-sequence and end-of-turn tokens are written only when a step's quota leaves nothing else; default false.
   * This is what the reference's `confidence_eos_eot_inf` is for (arXiv 2502.09992, Appendix B.4); its code also takes the two
   * tokens out of the other candidates' probabilities at temperature 0, and does something else above it.
   */
  readonly lateEos?: boolean;
  /** The end-of-turn id for `lateEos`; default `null` for none. */
  readonly eotId?: number | null;
  /**
   * Whether a block that is full before its last step is left at once (dParallel's copy of the sampler). The default, false, is
   * the original: every block takes all its steps.
   */
  readonly stopWhenFull?: boolean;
}

const NAME = "llada-vanilla";

const FIELDS: Fields<Omit<LladaVanillaOptions, keyof BlockwiseOptions>> = {
  ...COMMON_FIELDS,
  remasking: oneOf(["low_confidence", "random"]),
  barEos: flag(false),
  lateEos: flag(false),
  eotId: nullable(integer({ min: 0 })),
  stopWhenFull: flag(false),
};

/**
 * LLaDA's sampler. A fill's score is its rank score: the token's probability without temperature, or the uniform.
 *
 * @throws {TypeError} For an unknown option or one of a wrong type.
 * @throws {RangeError} For a value out of range, or lengths and steps that the blocks do not divide.
 */
export function lladaVanilla(
  given: LladaVanillaOptions = {},
  inputs: SamplerInputs = {},
): Decoder {
  const { blockSize, steps } = blockwiseFields(given);
  const fields = { ...FIELDS, blockSize, steps };
  const resolved = resolveOptions<LladaVanillaOptions>(given, fields, {
    owner: NAME,
  });
  const { stepsPerBlock, ...whole } = blockwiseSteps(resolved);
  const options = { ...resolved, ...whole };
  const uniforms = uniformsOf(options, inputs);
  const rule = quotaRule(options.blockSize, stepsPerBlock);
  return blockwiseDecoder({
    name: NAME,
    options,
    maxNewTokens: options.maxNewTokens,
    blockSize: options.blockSize,
    cache: "none",
    freeFirst: false,
    minPasses: options.stopWhenFull ? 1 : stepsPerBlock,
    maxPasses: stepsPerBlock,
    stepCap: null,
    uniforms,
    sampling: (spec) =>
      samplingFor(spec, {
        temperature: options.temperature,
        barMask: options.barMask,
        bar: options.barEos ? [spec.eosId] : [],
      }),
    choose: (candidates, context) => choose(candidates, context),
  });

  function choose(
    candidates: BranchPredictions,
    context: PassContext,
  ): PassChoice {
    const scores = options.remasking === "random"
      ? drawUniforms(uniforms, candidates.positions, {
        round: context.round,
        purpose: "confidence",
      })
      : candidates.probability;
    if (!options.lateEos) return rule(scores, context);
    const late = lateTokens(context.spec);
    // Scores are at most 1, so this puts late tokens last without losing their own order.
    const ranks = Float64Array.from(
      scores,
      (score, i) => late.includes(candidates.tokens[i]!) ? score - 2 : score,
    );
    const choice = rule(ranks, context);
    return {
      ...choice,
      picks: choice.picks.map((pick) => ({
        ...pick,
        score: scores[pick.index]!,
      })),
    };
  }

  function lateTokens({ eosId }: ModelSpec): readonly number[] {
    return options.eotId === null ? [eosId] : [eosId, options.eotId];
  }
}
