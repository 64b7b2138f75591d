/**
 * Fast-dLLM on Dream without a cache: a threshold over the whole canvas instead of blocks (NVlabs/Fast-dLLM, v1 tree,
 * dream/model/generation_utils.py, algorithm `confidence_threshold`).
 *
 * @module
 */
import { roundThreshold } from "./bf16.ts";
import { canvasDecoder } from "./canvas_wide.ts";
import {
  type Fields,
  integer,
  nullable,
  numeric,
  resolveOptions,
} from "./options.ts";
import {
  DREAM_FIELDS,
  type DreamFamilyOptions,
  dreamSampling,
  type SamplerInputs,
  uniformsOf,
} from "./sampling.ts";
import { pickThreshold, rank } from "./selection.ts";
import type { Decoder } from "./types.ts";

/** Options of {@linkcode fastDllmDreamCanvas}. */
export interface FastDllmDreamCanvasOptions extends DreamFamilyOptions {
  /** Steps; `maxNewTokens` / `steps` further masks are considered in each. Default `null`: as many as `maxNewTokens`. */
  readonly steps?: number | null;
  /** Smallest probability that passes, default 0.9. Above 1 only the best candidate is written. */
  readonly threshold?: number;
}

/** What is left to do after a step. */
interface CanvasBudget {
  /** Steps of the decode, more than planned once candidates were left over in the last one. */
  readonly steps: number;
  /** Masks that become eligible in a step; 0 once the planned steps are over. */
  readonly quota: number;
  /** Masks considered before and not written. */
  readonly leftover: number;
}

const NAME = "fast-dllm-dream-canvas";

const FIELDS: Fields<FastDllmDreamCanvasOptions> = {
  ...DREAM_FIELDS,
  steps: nullable(integer({ min: 1 })),
  threshold: numeric({ min: 0, fallback: 0.9 }),
};

/**
 * Fast-dLLM's canvas-wide sampler for Dream. Each step considers the most probable masks, as many as the quota and the
 * leftovers of earlier steps; it writes the best one and those at least as probable as the threshold, and leaves over the rest.
 * After the planned steps it goes on until nothing is left over. A fill's score is the probability of its token.
 *
 * @throws {TypeError} For an unknown option or one of a wrong type.
 * @throws {RangeError} For a value out of range, or steps that do not divide the length.
 */
export function fastDllmDreamCanvas(
  given: FastDllmDreamCanvasOptions = {},
  inputs: SamplerInputs = {},
): Decoder {
  const resolved = resolveOptions(given, FIELDS, { owner: NAME });
  const steps = resolved.steps ?? resolved.maxNewTokens;
  const options = { ...resolved, steps };
  const { maxNewTokens, threshold, confidenceDtype } = options;
  if (maxNewTokens % steps !== 0) {
    throw new RangeError(
      `maxNewTokens is ${maxNewTokens} and steps ${steps}; choose steps that divide the length`,
    );
  }
  const round = (value: number) => roundThreshold(value, confidenceDtype);
  return canvasDecoder({
    name: NAME,
    options,
    maxNewTokens,
    uniforms: uniformsOf(options, inputs),
    memory: { steps, quota: maxNewTokens / steps, leftover: 0 },
    sampling: (spec) => dreamSampling(spec, options),
    choose({ probability }, { round: step, memory }) {
      const considered = memory.quota + memory.leftover;
      const best = rank(probability).slice(0, considered);
      const scores = best.map((index) => probability[index]!);
      const picks = pickThreshold(scores, threshold, { round })
        .map((pick) => ({ ...pick, index: best[pick.index]! }));
      const leftover = considered - picks.length;
      const last = step === memory.steps;
      return {
        picks,
        facts: { considered },
        memory: last
          ? { steps: memory.steps + 1, quota: 0, leftover }
          : { ...memory, leftover },
        done: last && leftover === 0,
      };
    },
  });
}
