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
import { type Attention, noisedBatch } from "./noised_batch.ts";
import { type ObjectiveContext, stepCanvases } from "./objective.ts";
import type { TrainingBatch } from "./types.ts";

/** How answers are masked. */
export interface CertaintyNoiseOptions {
  /** Positions per block (LLaDA: 32); `null` for the whole answer as one block (Dream). Default 32. */
  readonly blockSize?: number | null;
  /**
   * Probability of a mask in the active block, in (0, 1]; 1 leaves the complement empty, so that there is none. `random`: drawn
   * for each sample, 0.001 + 0.999 u. Default 0.5005, as the code's 0.999 * 0.5 + 0.001.
   */
  readonly probability?: number | "random";
}

/** Options of {@linkcode certaintyForcing}; plain JSON values. */
export interface CertaintyForcingOptions extends CertaintyNoiseOptions {
  /** Where canvases end and what their fill weighs. */
  readonly canvas?: CanvasOptions;
  /** Weight of the cross-entropy. Default 1; 0 leaves the entropy alone. */
  readonly consistency?: number;
  /** beta: weight of the entropy. Default 2 (LLaDA; Dream's code has 1). */
  readonly weight?: number;
  /** Temperature of the entropy. Default 0.5. */
  readonly temperature?: number;
  /**
   * `sample` (default): means per sample, averaged, as the published micro-batches of 1 give them; `batch`: means over all
   * masked tokens of a copy.
   */
  readonly reduction?: "sample" | "batch";
  /** What the network sees. Default: everything. A block-causal student has the blocks of its decoder. */
  readonly attention?: Attention;
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
  {
    shift,
    consistency = 1,
    weight = 2,
    temperature = 0.5,
    reduction = "sample",
    attention = { kind: "full" },
  }:
    & Pick<
      CertaintyForcingOptions,
      "consistency" | "weight" | "temperature" | "reduction" | "attention"
    >
    & { readonly shift: boolean },
): TrainingBatch {
  checkWeights(consistency, weight);
  const drawn = copies.filter((copy) => copy.some(hasTargets));
  const batch = joinBatches(
    drawn.map((copy) =>
      noisedBatch(copy, {
        shift,
        attention,
        loss: { importance: "none", reduction },
        certainty: { weight, temperature },
      })
    ),
  );
  if (consistency === 1) return batch;
  const rows = batch.rows.map((row) => ({
    ...row,
    hard: consistency * row.hard,
  }));
  return { ...batch, rows };
}

function checkWeights(consistency: number, weight: number): void {
  const wrong = [consistency, weight].some((value) =>
    !Number.isFinite(value) || value < 0
  );
  if (!wrong && consistency + weight > 0) return;
  throw new RangeError(
    `the cross-entropy weighs ${consistency} and the entropy ${weight}; give numbers of at least 0, one of them above`,
  );
}

/**
 * Two copies of every canvas: the active block masked at random, and masked where the first copy is not. Blocks before it are
 * clean, everything after it is masked without a loss. Each row of a batch has its own active block.
 *
 * @returns The masked copies and the complementary ones, each in the order of the canvases; none of the latter where everything
 * is masked.
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
          probability: probability === "random"
            ? 0.001 + 0.999 * draws("amount", { sample })
            : probability,
          uniform: draws("frontier", { sample }),
        }),
        { maskId, uniform: (index) => draws("mask", { sample, index }) },
      )
    );
    const complement = probability === 1
      ? []
      : masked.map((noised) => complementNoise(noised, maskId));
    return [...masked, ...complement];
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

function checkNoise(
  blockSize: number | null,
  probability: number | "random",
): void {
  if (
    blockSize !== null && (!Number.isSafeInteger(blockSize) || blockSize < 1)
  ) {
    throw new RangeError(
      `the block size is ${blockSize}; give an integer of at least 1, or null for the whole answer`,
    );
  }
  if (probability === "random" || (probability > 0 && probability <= 1)) return;
  throw new RangeError(
    `the probability of a mask in the active block is ${probability}; give a number above 0, at most 1`,
  );
}
