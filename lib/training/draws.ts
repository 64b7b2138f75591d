/**
 * Random numbers of a training step: pure functions of (seed, step, sample, purpose, index), so that any step can be built again
 * from its number alone.
 *
 * @module
 */
import { counterUniforms } from "../decoding/random.ts";

/** Which step of which run is drawn for. */
export interface StepKey {
  /** Seed of the run, an integer from 0 to 2^32 - 1. */
  readonly seed: number;
  /** Number of the optimiser step, an integer from 0 to 2^32 - 1. */
  readonly step: number;
}

/** What a draw within a purpose is for. */
export interface DrawPlace {
  /** Index of the example in its batch; absent for the draw that a whole batch shares. */
  readonly sample?: number;
  /** Position, block or whatever else is counted within the sample. Default 0. */
  readonly index?: number;
}

/** A uniform number in [0, 1) for a purpose. */
export type Draws = (purpose: string, place?: DrawPlace) => number;

/** Stands in the counter for "the whole batch". */
const SHARED = 0xffffffff;

/**
 * The draws of one step: Philox4x32-10 keyed by the seed and counting (step, sample, index, purpose).
 *
 * @param key The run's seed and the step.
 * @param options `attempt`: 0 for the first draw; a higher number gives fresh draws for the same step.
 * @throws {RangeError} If seed or step is not an integer from 0 to 2^32 - 1.
 */
export function stepDraws(
  { seed, step }: StepKey,
  { attempt = 0 }: { readonly attempt?: number } = {},
): Draws {
  if (!Number.isInteger(step) || step < 0 || step > 0xffffffff) {
    throw new RangeError(
      `the step is ${step}; give an integer from 0 to 4294967295`,
    );
  }
  const uniforms = counterUniforms(seed);
  const prefix = attempt === 0 ? "training/" : `training#${attempt}/`;
  return (purpose, { sample = SHARED, index = 0 } = {}) =>
    uniforms({
      round: step,
      branch: sample,
      position: index,
      purpose: prefix + purpose,
    });
}
