/**
 * Dream's own sampler: the whole canvas at once, a number of tokens per step set by a time schedule (HKUNLP/Dream,
 * `diffusion_generate`; arXiv 2508.15487).
 *
 * @module
 */
import type { BranchPredictions } from "../model/types.ts";
import { type CanvasChoice, canvasDecoder } from "./canvas_wide.ts";
import {
  type DreamScheduleOptions,
  rankPicks,
  SCHEDULE_FIELDS,
} from "./dream_rules.ts";
import {
  type Fields,
  integer,
  nullable,
  oneOf,
  resolveOptions,
} from "./options.ts";
import {
  drawUniforms,
  DREAM_FIELDS,
  type DreamFamilyOptions,
  dreamSampling,
  type SamplerInputs,
  uniformsOf,
} from "./sampling.ts";
import { dreamQuota, dreamTimes, transferProbability } from "./schedule.ts";
import type { Decoder, UniformSource } from "./types.ts";

/** Options of {@linkcode dreamVanilla}. */
export interface DreamVanillaOptions
  extends DreamFamilyOptions, DreamScheduleOptions {
  /** Number of steps, each one forward. Default `null`: as many as `maxNewTokens`. */
  readonly steps?: number | null;
  /**
   * `origin`: every mask is filled independently with the schedule's probability; the others write the step's number of best
   * masks: `maskgit_plus` by probability, `entropy` (default) by negative entropy, `topk_margin` by margin.
   */
  readonly algorithm?: "entropy" | "maskgit_plus" | "topk_margin" | "origin";
}

const NAME = "dream-vanilla";

const RANKED_BY = {
  entropy: "negEntropy",
  maskgit_plus: "probability",
  topk_margin: "margin",
} as const;

const FIELDS: Fields<DreamVanillaOptions> = {
  ...DREAM_FIELDS,
  ...SCHEDULE_FIELDS,
  steps: nullable(integer({ min: 1 })),
  algorithm: oneOf(["entropy", "maskgit_plus", "topk_margin", "origin"]),
};

/**
 * Dream's sampler. Always makes `steps` forwards; with as many steps as tokens the truncated schedule writes none in the first
 * step and two in the last. A fill's score is its rank score; for `origin`, which ranks nothing, the token's probability.
 *
 * @throws {TypeError} For an unknown option or one of a wrong type.
 * @throws {RangeError} For a value out of range.
 */
export function dreamVanilla(
  given: DreamVanillaOptions = {},
  inputs: SamplerInputs = {},
): Decoder {
  const resolved = resolveOptions(given, FIELDS, { owner: NAME });
  const steps = resolved.steps ?? resolved.maxNewTokens;
  const options = { ...resolved, steps };
  const { algorithm, rankTemperature, epsilon } = options;
  const times = dreamTimes({ steps, epsilon });
  const uniforms = uniformsOf(options, inputs);
  return canvasDecoder({
    name: NAME,
    options,
    maxNewTokens: options.maxNewTokens,
    uniforms,
    memory: null,
    sampling: (spec) => dreamSampling(spec, options),
    choose(candidates, { round }) {
      const step = { round, times, uniforms };
      const choice = algorithm === "origin"
        ? independentChoice(candidates, step)
        : rankedChoice(candidates, { ...step, algorithm, rankTemperature });
      return { ...choice, memory: null, done: round === steps };
    },
  });
}

interface Step {
  readonly round: number;
  readonly times: Float32Array;
  readonly uniforms: UniformSource;
}

type Choice = Pick<CanvasChoice<null>, "picks" | "facts">;

function independentChoice(
  { positions, probability }: BranchPredictions,
  { round, times, uniforms }: Step,
): Choice {
  const bar = transferProbability(times, round - 1);
  const drawn = drawUniforms(uniforms, positions, {
    round,
    purpose: "transfer",
  });
  const kind = "random";
  const picks = Array.from(
    probability,
    (score, index) => ({ index, score, kind } as const),
  ).filter(({ index }) => drawn[index]! < bar);
  return { picks, facts: { transferProbability: bar, uniforms: [...drawn] } };
}

function rankedChoice(
  candidates: BranchPredictions,
  { round, times, uniforms, algorithm, rankTemperature }: Step & {
    readonly algorithm: keyof typeof RANKED_BY;
    readonly rankTemperature: number;
  },
): Choice {
  const masked = candidates.positions.length;
  const quota = dreamQuota(masked, times, { step: round - 1 });
  const scores = candidates[RANKED_BY[algorithm]];
  const ranking = { candidates, rankTemperature, uniforms, round };
  return { picks: rankPicks(scores, quota, ranking), facts: { quota } };
}
