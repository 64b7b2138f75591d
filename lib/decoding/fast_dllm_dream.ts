/**
 * Fast-dLLM on Dream, block by block with a prefix cache or a dual cache (arXiv 2505.22618; NVlabs/Fast-dLLM, v1 tree,
 * dream/model/generation_utils_block.py).
 *
 * @module
 */
import type { BranchPredictions } from "../model/types.ts";
import { roundThreshold } from "./bf16.ts";
import { type BlockPlan, blockwiseDecoder } from "./blockwise.ts";
import {
  blockwiseFields,
  type BlockwiseOptions,
  blockwiseSteps,
} from "./blockwise_options.ts";
import {
  type DreamScheduleOptions,
  rankPicks,
  SCHEDULE_FIELDS,
} from "./dream_rules.ts";
import {
  type Fields,
  flag,
  numeric,
  oneOf,
  resolveOptions,
} from "./options.ts";
import {
  DREAM_FIELDS,
  type DreamFamilyOptions,
  dreamSampling,
  type SamplerInputs,
  uniformsOf,
} from "./sampling.ts";
import { dreamQuota, dreamTimes } from "./schedule.ts";
import { pickThreshold } from "./selection.ts";
import type { Decoder, UniformSource } from "./types.ts";

/** Options of {@linkcode fastDllmDream}. */
export interface FastDllmDreamOptions
  extends DreamFamilyOptions, DreamScheduleOptions, BlockwiseOptions {
  /**
   * What the passes after a block's first one write. `threshold` (default): every candidate at least as probable as `threshold`,
   * and always the best one. `entropy`: Dream's quota of steps 2, 3, ... of the block's schedule, by negative entropy.
   */
  readonly rule?: "threshold" | "entropy";
  /** Smallest probability that passes, default 0.9. Above 1 only the best candidate is written. */
  readonly threshold?: number;
  /** What a block's later passes reuse; default `prefix`. */
  readonly cache?: "prefix" | "dual";
  /**
   * Whether a schedule of one step per block is allowed. It leaves every block but its first position masked, as in the
   * reference. Default false.
   */
  readonly leaveMasks?: boolean;
}

const NAME = "fast-dllm-dream";

const FIELDS: Fields<Omit<FastDllmDreamOptions, keyof BlockwiseOptions>> = {
  ...DREAM_FIELDS,
  ...SCHEDULE_FIELDS,
  rule: oneOf(["threshold", "entropy"]),
  threshold: numeric({ min: 0, fallback: 0.9 }),
  cache: oneOf(["prefix", "dual"]),
  leaveMasks: flag(false),
};

/**
 * Fast-dLLM's sampler for Dream. A block's first pass computes the whole canvas and writes only the block's first position,
 * whatever its probability; at least one cached pass follows. A fill's score is the probability of its token, or the negative
 * entropy under that rule.
 *
 * @throws {TypeError} For an unknown option or one of a wrong type.
 * @throws {RangeError} For a value out of range, or lengths and steps that the blocks do not divide.
 */
export function fastDllmDream(
  given: FastDllmDreamOptions = {},
  inputs: SamplerInputs = {},
): Decoder {
  const fields = { ...FIELDS, ...blockwiseFields(given) };
  const resolved = resolveOptions<FastDllmDreamOptions>(given, fields, {
    owner: NAME,
  });
  const { stepsPerBlock, ...whole } = blockwiseSteps(resolved);
  const options = { ...resolved, ...whole };
  const bySchedule = options.rule === "entropy";
  if (bySchedule && stepsPerBlock === 1 && !options.leaveMasks) {
    throw new RangeError(
      `steps is ${options.steps}, one per block, and the first pass over a block writes one position only, so masks would be ` +
        "left; give at least two steps per block, or set leaveMasks to true",
    );
  }
  const uniforms = uniformsOf(options, inputs);
  return blockwiseDecoder({
    name: NAME,
    options,
    maxNewTokens: options.maxNewTokens,
    blockSize: options.blockSize,
    cache: options.cache,
    freeFirst: true,
    minPasses: 2,
    maxPasses: bySchedule ? stepsPerBlock + 1 : null,
    stepCap: options.stepCap,
    uniforms,
    sampling: (spec) => dreamSampling(spec, options),
    choose: bySchedule
      ? scheduleRule(options, stepsPerBlock, { uniforms })
      : thresholdRule(options),
  });
}

function thresholdRule(
  { threshold, confidenceDtype }: Required<FastDllmDreamOptions>,
): BlockPlan["choose"] {
  const round = (value: number) => roundThreshold(value, confidenceDtype);
  return ({ probability }) => ({
    picks: pickThreshold(probability, threshold, { round }),
  });
}

/** Pass i of a block is step i of its schedule; step 0 was the free one, and a pass beyond the schedule writes nothing. */
function scheduleRule(
  { epsilon, rankTemperature }: Required<FastDllmDreamOptions>,
  steps: number,
  { uniforms }: { readonly uniforms: UniformSource },
): BlockPlan["choose"] {
  const times = dreamTimes({ steps, epsilon });
  return (candidates: BranchPredictions, { pass, round, blockMasks }) => {
    const quota = pass < steps
      ? dreamQuota(blockMasks, times, { step: pass })
      : 0;
    const ranking = { candidates, rankTemperature, uniforms, round };
    return { picks: rankPicks(candidates.negEntropy, quota, ranking), quota };
  };
}
