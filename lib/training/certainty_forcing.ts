/**
 * Certainty-forcing distillation (dParallel, arXiv 2509.26488): cross-entropy on block-shaped masks and their complements, and
 * low entropy wherever the prediction is right.
 *
 * @module
 */
import { answerBlocks } from "./block_noise.ts";
import type { Canvas, CanvasOptions, Example } from "./canvas.ts";
import { joinBatches } from "./join_batches.ts";
import {
  complementNoise,
  drawBatch,
  drawNoise,
  hasTargets,
  type NoisedSequence,
  type NoiseSegment,
} from "./noise.ts";
import { noisedBatch } from "./noised_batch.ts";
import { type ObjectiveContext, stepCanvases } from "./objective.ts";
import type { TrainingBatch } from "./types.ts";

/** How answers are masked. */
export interface CertaintyNoiseOptions {
  /** Positions per block (LLaDA: 32); `null` for the whole answer as one block (Dream). Default 32. */
  readonly blockSize?: number | null;
  /** Probability of a mask in the active block, in (0, 1). Default 0.5005, as the code's 0.999 * 0.5 + 0.001. */
  readonly probability?: number;
}

/** Options of {@linkcode certaintyForcing}; plain JSON values. */
export interface CertaintyForcingOptions extends CertaintyNoiseOptions {
  /** Where canvases end and what their fill weighs. */
  readonly canvas?: CanvasOptions;
  /** beta: weight of the entropy. Default 2 (LLaDA; Dream's code has 1). */
  readonly weight?: number;
  /** Temperature of the entropy. Default 0.5. */
  readonly temperature?: number;
  /**
   * `sample` (default): means per sample, averaged, as the published micro-batches of 1 give them; `batch`: means over all
   * masked tokens of a copy.
   */
  readonly reduction?: "sample" | "batch";
}

/**
 * A step's batch of certainty forcing: the sum over both copies of [mean cross-entropy over masked tokens + beta times the mean
 * entropy over those predicted rightly].
 *
 * @throws {ExampleError} For examples that cannot be laid out.
 * @throws {RangeError} For options out of range.
 */
export function certaintyForcing(
  examples: readonly Example[],
  context: ObjectiveContext,
  options: CertaintyForcingOptions = {},
): TrainingBatch {
  const canvases = stepCanvases(examples, context, options.canvas);
  const copies = certaintyNoise(canvases, context, options);
  return certaintyBatch(copies, { shift: context.model.shift, ...options });
}

/**
 * The batch of masks and complements that are already drawn: each copy has means of its own, and the copies are summed.
 *
 * @throws {ExampleError} For sequences that contradict themselves.
 */
export function certaintyBatch(
  copies: readonly (readonly NoisedSequence[])[],
  { shift, weight = 2, temperature = 0.5, reduction = "sample" }:
    & Pick<
      CertaintyForcingOptions,
      "weight" | "temperature" | "reduction"
    >
    & { readonly shift: boolean },
): TrainingBatch {
  const drawn = copies.filter((copy) => copy.some(hasTargets));
  return joinBatches(
    drawn.map((copy) =>
      noisedBatch(copy, {
        shift,
        attention: { kind: "full" },
        loss: { importance: "none", reduction },
        certainty: { weight, temperature },
      })
    ),
  );
}

/**
 * Two copies of every canvas: the active block masked at random, and masked where the first copy is not. Blocks before it are
 * clean, everything after it is masked without a loss. Each row of a batch has its own active block.
 *
 * @returns The masked copies and the complementary ones, each in the order of the canvases.
 * @throws {RangeError} For options out of range.
 */
export function certaintyNoise(
  canvases: readonly Canvas[],
  context: ObjectiveContext,
  { blockSize = 32, probability = 0.5005 }: CertaintyNoiseOptions = {},
): [masked: NoisedSequence[], complement: NoisedSequence[]] {
  checkNoise(blockSize, probability);
  const { maskId } = context.model;
  const both = drawBatch(context, (draws) => {
    const masked = canvases.map((canvas, sample) =>
      drawNoise(
        canvas,
        activeSegments(canvas, {
          blockSize,
          probability,
          uniform: draws("frontier", { sample }),
        }),
        { maskId, uniform: (index) => draws("mask", { sample, index }) },
      )
    );
    return [
      ...masked,
      ...masked.map((noised) => complementNoise(noised, maskId)),
    ];
  });
  return [both.slice(0, canvases.length), both.slice(canvases.length)];
}

/**
 * The active block and the hidden rest. Drawn uniformly from the whole blocks and, as one more, what is left behind them, which
 * may be nothing (llada_train.py `forward_process`).
 */
function activeSegments(
  { ids, promptLength }: Canvas,
  { blockSize, probability, uniform }: {
    readonly blockSize: number | null;
    readonly probability: number;
    readonly uniform: number;
  },
): NoiseSegment[] {
  const { length } = ids;
  if (blockSize === null) {
    return [{ start: promptLength, end: length, probability }];
  }
  const whole = Math.floor((length - promptLength) / blockSize);
  const active = Math.floor(uniform * (whole + 1));
  const block = answerBlocks({ length, promptLength, blockSize })[active];
  if (block === undefined) return [];
  return [
    { ...block, probability },
    { start: block.end, end: length, probability: 1, context: true },
  ];
}

function checkNoise(blockSize: number | null, probability: number): void {
  if (
    blockSize !== null && (!Number.isSafeInteger(blockSize) || blockSize < 1)
  ) {
    throw new RangeError(
      `the block size is ${blockSize}; give an integer of at least 1, or null for the whole answer`,
    );
  }
  if (!(probability > 0 && probability < 1)) {
    throw new RangeError(
      `the probability of a mask in the active block is ${probability}; give a number above 0 and below 1`,
    );
  }
}
