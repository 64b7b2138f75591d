/**
 * D2F: a block-causal student learns from a frozen bidirectional teacher on sequences whose later blocks are noisier (Discrete
 * Diffusion Forcing, arXiv 2508.09192).
 *
 * @module
 */
import {
  answerBlocks,
  blockSegments,
  d2fProbabilities,
  frontierProbabilities,
} from "./block_noise.ts";
import type { Canvas, CanvasOptions, Example } from "./canvas.ts";
import { stepDraws } from "./draws.ts";
import type { LossWeights } from "./loss_weights.ts";
import { drawBatch, drawNoise, type NoisedSequence } from "./noise.ts";
import {
  type CertaintyOptions,
  noisedBatch,
  type NoisedBatchOptions,
} from "./noised_batch.ts";
import {
  drawBlockSize,
  type ObjectiveContext,
  stepCanvases,
} from "./objective.ts";
import { assignShares } from "./shares.ts";
import type { TrainingBatch } from "./types.ts";

/** Options of {@linkcode d2f}; plain JSON values. */
export interface D2fOptions {
  /** Where canvases end and what their fill weighs. */
  readonly canvas?: CanvasOptions;
  /** Block sizes, one of which is drawn per batch. Default 8 and 16. */
  readonly blockSizes?: readonly number[];
  /**
   * Share of the sequences with noise as met while decoding: clean blocks, a frontier, masks after it. The rest has the
   * published schedule. Default 0.5; 0 for the publication.
   */
  readonly inferenceLike?: number;
  /**
   * - `mixed` (default): teacher by forward KL and truth, weights min(1/p, cap) made to average 1 over a sample's masked tokens;
   * - `code`: teacher alone, forward KL, weights 1/p, mean over all masked tokens of the batch (D2F-train/utils/loss.py);
   * - `paper`: teacher alone, reverse KL, mean over all masked tokens of the batch (Eq. 3 without 1/p).
   */
  readonly form?: "mixed" | "code" | "paper";
  /** Share of the truth in a token's loss, in [0, 1]. Default 0.5 in the mixed form, 0 in the others; at 1 there is no teacher. */
  readonly truth?: number;
  /** Cap on 1/p in the mixed form, above 0. Default 5. */
  readonly cap?: number;
  /** Certainty term at rightly predicted tokens. Default none. */
  readonly certainty?: CertaintyOptions;
}

/**
 * A step's batch of D2F distillation.
 *
 * @param examples The whole step's examples; split the result into micro-batches with `splitBatch`.
 * @throws {ExampleError} For examples that cannot be laid out.
 * @throws {RangeError} For options out of range.
 */
export function d2f(
  examples: readonly Example[],
  context: ObjectiveContext,
  options: D2fOptions = {},
): TrainingBatch {
  const { blockSizes = [8, 16], inferenceLike = 0.5, certainty } = options;
  const canvases = stepCanvases(examples, context, options.canvas);
  const blockSize = drawBlockSize(blockSizes, stepDraws(context));
  const noised = d2fNoise(canvases, context, { blockSize, inferenceLike });
  return noisedBatch(noised, {
    shift: context.model.shift,
    attention: { kind: "block-causal", blockSize },
    ...d2fLoss(options),
    ...(certainty === undefined ? {} : { certainty }),
  });
}

/** Weights and teacher of a form of the loss. */
export function d2fLoss(
  { form = "mixed", truth = form === "mixed" ? 0.5 : 0, cap = 5 }: Pick<
    D2fOptions,
    "form" | "truth" | "cap"
  > = {},
): Pick<NoisedBatchOptions, "loss" | "teacher"> {
  if (!(truth >= 0 && truth <= 1)) {
    throw new RangeError(
      `the truth's share of the loss is ${truth}; give a number from 0 to 1`,
    );
  }
  const losses: Readonly<Record<typeof form, LossWeights>> = {
    mixed: { importance: "inverse", cap, reduction: "sample" },
    code: { importance: "inverse", reduction: "batch" },
    paper: { importance: "none", reduction: "batch" },
  };
  return {
    loss: losses[form],
    teacher: {
      share: 1 - truth,
      divergence: form === "paper" ? "reverse" : "forward",
    },
  };
}

/**
 * D2F's noise: the published schedule, or one as met while decoding. The prompt is never masked.
 *
 * @param options `inferenceLike`: share of the second kind, in [0, 1].
 */
export function d2fNoise(
  canvases: readonly Canvas[],
  context: ObjectiveContext,
  { blockSize, inferenceLike }: {
    readonly blockSize: number;
    readonly inferenceLike: number;
  },
): NoisedSequence[] {
  const { maskId } = context.model;
  const layouts = canvases.map(({ ids, promptLength }) =>
    answerBlocks({ length: ids.length, promptLength, blockSize })
  );
  const most = layouts.reduce((n, blocks) => Math.max(n, blocks.length), 0);
  return drawBatch(context, (draws) => {
    const kinds = assignShares(canvases.length, {
      shares: { inference: inferenceLike },
      purpose: "shape",
      draws,
    });
    return canvases.map((canvas, sample) => {
      const blocks = layouts[sample]!;
      const probabilities = kinds[sample] === null
        ? d2fProbabilities(blocks.length, {
          most,
          first: draws("amount", { sample }),
          rise: (index) => draws("rise", { sample, index }),
        })
        : frontierProbabilities(blocks.length, {
          uniform: (index) => draws("frontier", { sample, index }),
        });
      return drawNoise(canvas, blockSegments(blocks, probabilities), {
        maskId,
        uniform: (index) => draws("mask", { sample, index }),
      });
    });
  });
}
