/**
 * What the samplers of the Dream family share.
 *
 * @module
 */
import type { BranchPredictions } from "../model/types.ts";
import { type Fields, numeric } from "./options.ts";
import { drawUniforms } from "./sampling.ts";
import { type PickedCandidate, pickQuota, pickSampled } from "./selection.ts";
import type { UniformSource } from "./types.ts";

/** Options of Dream's time schedule and of ranking under it. */
export interface DreamScheduleOptions {
  /** Last time of the schedule, default 1e-3. */
  readonly epsilon?: number;
  /**
   * Above 0: the positions of a step are drawn from softmax(score / rankTemperature) without replacement (the reference's
   * `alg_temp`; uniforms of purpose `confidence`) instead of being the best. Default 0.
   */
  readonly rankTemperature?: number;
}

/** Fields of {@linkcode DreamScheduleOptions}. */
export const SCHEDULE_FIELDS: Fields<DreamScheduleOptions> = {
  epsilon: numeric({ above: 0, max: 1, fallback: 1e-3 }),
  rankTemperature: numeric({ min: 0, fallback: 0 }),
};

/** How {@linkcode rankPicks} ranks. */
export interface Ranking {
  /** Predictions of the step's masks. */
  readonly candidates: BranchPredictions;
  /** As in {@linkcode DreamScheduleOptions}. */
  readonly rankTemperature: number;
  /** Drawn from above rank temperature 0. */
  readonly uniforms: UniformSource;
  /** 1-based count of the forward. */
  readonly round: number;
}

/** The `quota` best candidates by score, or, above rank temperature 0, as many drawn by score. */
export function rankPicks(
  scores: ArrayLike<number>,
  quota: number,
  { candidates, rankTemperature, uniforms, round }: Ranking,
): PickedCandidate[] {
  if (rankTemperature === 0) return pickQuota(scores, quota);
  const purpose = "confidence";
  return pickSampled(scores, quota, {
    temperature: rankTemperature,
    uniforms: drawUniforms(uniforms, candidates.positions, { round, purpose }),
  });
}
