/**
 * Masked diffusion: predict masked tokens of an answer from the rest (LLaDA, arXiv 2502.09992; Dream, arXiv 2508.15487).
 *
 * @module
 */
import type { CanvasOptions, Example } from "./canvas.ts";
import { stepDraws } from "./draws.ts";
import { type LossWeights, LOW_VARIANCE_LOSS } from "./loss_weights.ts";
import {
  maskedDiffusionNoise,
  type MaskedDiffusionNoiseOptions,
} from "./masked_diffusion_noise.ts";
import { type Attention, noisedBatch } from "./noised_batch.ts";
import {
  drawBlockSize,
  type ObjectiveContext,
  stepCanvases,
} from "./objective.ts";
import { assignShares } from "./shares.ts";
import type { TrainingBatch } from "./types.ts";

/** Options of {@linkcode maskedDiffusion}; plain JSON values. */
export interface MaskedDiffusionOptions extends MaskedDiffusionNoiseOptions {
  /** Where canvases end and what their fill weighs. */
  readonly canvas?: CanvasOptions;
  /** Weights of the masked tokens. Default {@linkcode LOW_VARIANCE_LOSS}, made for exact counts. */
  readonly loss?: LossWeights;
  /**
   * Share of the sequences that see block-causally instead of everything, in [0, 1]: D2F's attention without a teacher. Default 0.
   */
  readonly blockCausal?: number;
}

/**
 * A step's batch of masked answers.
 *
 * @param examples The whole step's examples; split the result into micro-batches with `splitBatch`.
 * @throws {ExampleError} For examples that cannot be laid out.
 * @throws {RangeError} For options out of range.
 */
export function maskedDiffusion(
  examples: readonly Example[],
  context: ObjectiveContext,
  { canvas, loss = LOW_VARIANCE_LOSS, blockCausal = 0, ...noise }:
    MaskedDiffusionOptions = {},
): TrainingBatch {
  const canvases = stepCanvases(examples, context, canvas);
  const noised = maskedDiffusionNoise(canvases, context, noise);
  const draws = stepDraws(context);
  const blockSize = drawBlockSize(noise.blockSizes ?? [8, 16], draws);
  const limited = assignShares(noised.length, {
    shares: { limited: blockCausal },
    purpose: "attention",
    draws,
  });
  return noisedBatch(noised, {
    shift: context.model.shift,
    attention: (sequence): Attention =>
      limited[sequence] === null
        ? { kind: "full" }
        : { kind: "block-causal", blockSize },
    loss,
  });
}
