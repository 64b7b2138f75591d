/**
 * Noise: which tokens of a canvas the network does not see, and which of them it has to predict.
 *
 * @module
 */
import type { Canvas } from "./canvas.ts";
import { type Draws, stepDraws, type StepKey } from "./draws.ts";
import { ExampleError } from "./example_error.ts";
import { bernoulliMask, checkUnit, exactMask } from "./masks.ts";

/** Consecutive positions that are masked in the same way. Positions in no segment are seen. */
export interface NoiseSegment {
  /** First position. */
  readonly start: number;
  /** First position after the segment. */
  readonly end: number;
  /** Probability with which a position is masked, in [0, 1]. */
  readonly probability: number;
  /** Masks exactly this many positions instead of each by itself; `probability` is then count / length. */
  readonly count?: number;
  /** Whether masked positions are hidden only, with no loss on them. Default false. */
  readonly context?: boolean;
}

/**
 * A sequence under noise: all that a loss needs to know. Recorded noise can be written down as it is.
 */
export interface NoisedSequence {
  /** Tokens that are right, `[length]`. */
  readonly ids: Int32Array;
  /** Positions of the prompt, at least 1. */
  readonly promptLength: number;
  /** Tokens as the network sees them, `[length]`. */
  readonly noisy: Int32Array;
  /** 1 where the token is to be predicted, `[length]`. */
  readonly masked: Uint8Array;
  /** Probability with which the position was to be masked and predicted; 0 where it never is. `[length]`. */
  readonly probability: Float64Array;
  /** How much each position's token counts, `[length]`. Default 1 everywhere. */
  readonly tokenWeights?: Float64Array;
}

/**
 * Draws the masks of one canvas.
 *
 * @param canvas What is masked.
 * @param segments Where and how likely; they do not overlap.
 * @param context `maskId`: stands for a masked token; `uniform`: uniform number in [0, 1) of a position.
 * @throws {RangeError} If a probability lies outside [0, 1] or a count does not fit its segment.
 */
export function drawNoise(
  canvas: Canvas,
  segments: readonly NoiseSegment[],
  { maskId, uniform }: {
    readonly maskId: number;
    readonly uniform: (position: number) => number;
  },
): NoisedSequence {
  const { ids } = canvas;
  const noisy = ids.slice();
  const masked = new Uint8Array(ids.length);
  const probability = new Float64Array(ids.length);
  for (const segment of segments) {
    const { start, end, context = false } = segment;
    checkUnit("probability of a mask", segment.probability);
    const shifted = (place: number) => uniform(start + place);
    const mask = segment.count === undefined
      ? bernoulliMask(end - start, {
        probability: segment.probability,
        uniform: shifted,
      })
      : exactMask(end - start, { count: segment.count, uniform: shifted });
    mask.forEach((hidden, i) => {
      if (hidden) noisy[start + i] = maskId;
      if (hidden && !context) masked[start + i] = 1;
    });
    if (!context) probability.fill(segment.probability, start, end);
  }
  return { ...canvas, noisy, masked, probability };
}

/**
 * The complementary copy: positions that were masked by chance are seen, and the others of their segments are masked. What was
 * masked for certain stays masked.
 */
export function complementNoise(
  noised: NoisedSequence,
  maskId: number,
): NoisedSequence {
  const byChance = (p: number) => p > 0 && p < 1;
  const masked = noised.masked.map((hidden, i) =>
    byChance(noised.probability[i]!) ? 1 - hidden : hidden
  );
  return {
    ...noised,
    noisy: noised.noisy.map((token, i) => {
      if (!byChance(noised.probability[i]!)) return token;
      return masked[i] ? maskId : noised.ids[i]!;
    }),
    masked,
    probability: noised.probability.map((p) => byChance(p) ? 1 - p : p),
  };
}

/** Whether anything in the sequence is to be predicted. */
export function hasTargets({ masked }: NoisedSequence): boolean {
  return masked.includes(1);
}

/** Draws after which a batch without a mask is given up. */
const MOST_ATTEMPTS = 100;

/**
 * Draws a batch's noise. A batch without a single target is drawn again as a whole, with fresh numbers, so that a loss always
 * has something to average; a sequence without one beside others that have some stays and adds nothing.
 *
 * @param key The run's seed and the step.
 * @param noise Makes the batch from a source of numbers.
 * @throws {ExampleError} If 100 draws gave nothing to predict.
 */
export function drawBatch<T extends readonly NoisedSequence[]>(
  key: StepKey,
  noise: (draws: Draws) => T,
): T {
  for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
    const batch = noise(stepDraws(key, { attempt }));
    if (batch.some(hasTargets)) return batch;
  }
  throw new ExampleError(
    null,
    `${MOST_ATTEMPTS} draws masked no token of the batch; raise the probability of a mask or give more examples`,
  );
}
