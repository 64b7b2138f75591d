/**
 * The noise of masked diffusion: how many tokens of each canvas are masked, in what shape, and once or in complementary pairs.
 *
 * @module
 */
import { answerBlocks, frontierSegments } from "./block_noise.ts";
import type { Canvas } from "./canvas.ts";
import type { Draws } from "./draws.ts";
import {
  MASK_EPSILON,
  maskProbability,
  stratifiedCounts,
  stratifiedTimes,
} from "./masks.ts";
import {
  complementNoise,
  drawBatch,
  drawNoise,
  type NoisedSequence,
  type NoiseSegment,
} from "./noise.ts";
import { drawBlockSize, type ObjectiveContext } from "./objective.ts";
import { assignShares } from "./shares.ts";

/** How canvases are masked. Shares are of the examples and exclude each other; the rest has its answer masked at random. */
export interface MaskedDiffusionNoiseOptions {
  /**
   * `exact` (default): l tokens, l uniform on 1 to the answer's length; `bernoulli`: each token with p = (1 - epsilon) t +
   * epsilon, t uniform on [0, 1).
   */
  readonly counts?: "exact" | "bernoulli";
  /** Whether l or t is spread evenly over the batch with one shared draw, default true, or drawn for each sample alone. */
  readonly stratified?: boolean;
  /** Smallest probability of a mask under `bernoulli`. Default 1e-3. */
  readonly epsilon?: number;
  /** Share with prompt and answer noised together, in [0, 1]. Elsewhere the prompt is never masked. Default 0. */
  readonly whole?: number;
  /** Share with the answer fully masked, as decoding starts. Default 0. */
  readonly full?: number;
  /** Share with semi-autoregressive noise: clean blocks, one block masked in part, everything after it masked. Default 0. */
  readonly blocks?: number;
  /** Whether the masked blocks after the partly masked one are predicted too. Default true. */
  readonly predictFuture?: boolean;
  /** Block sizes, one of which is drawn per batch. Default 8 and 16. */
  readonly blockSizes?: readonly number[];
  /**
   * Share of the examples that stand in the batch twice, with complementary masks. Default 0. Both copies count as sequences.
   * Exact counts then stop one short of everything, so that no complement is empty; fully masked answers stand alone.
   */
  readonly pairs?: number;
}

type Shape = "whole" | "full" | "blocks";

/**
 * The noised sequences of a step's canvases, in their order, a complement right behind its original.
 *
 * @throws {RangeError} For options out of range.
 */
export function maskedDiffusionNoise(
  canvases: readonly Canvas[],
  context: ObjectiveContext,
  options: MaskedDiffusionNoiseOptions = {},
): NoisedSequence[] {
  const { maskId, shift } = context.model;
  return drawBatch(context, (draws) => {
    const { whole = 0, full = 0, blocks = 0, pairs = 0 } = options;
    const shapes = assignShares<Shape>(canvases.length, {
      shares: { whole, full, blocks },
      purpose: "shape",
      draws,
    });
    const paired = assignShares(canvases.length, {
      shares: { paired: pairs },
      purpose: "pairs",
      draws,
    }).map((kind, sample) => kind !== null && shapes[sample] !== "full");
    const regions = canvases.map((canvas, sample) =>
      region(canvas, { shape: shapes[sample]!, shift })
    );
    const segments = noiseSegments(regions, { shapes, paired, draws, options });
    return canvases.flatMap((canvas, sample) => {
      const noised = drawNoise(canvas, segments[sample]!, {
        maskId,
        uniform: (index) => draws("mask", { sample, index }),
      });
      return paired[sample]
        ? [noised, complementNoise(noised, maskId)]
        : [noised];
    });
  });
}

interface Region {
  readonly start: number;
  readonly end: number;
}

/** The positions that may be masked. Under the shift no row predicts position 0. */
function region(
  { ids, promptLength }: Canvas,
  { shape, shift }: { readonly shape: Shape | null; readonly shift: boolean },
): Region {
  const start = shape === "whole" ? Number(shift) : promptLength;
  return { start, end: ids.length };
}

function noiseSegments(
  regions: readonly Region[],
  { shapes, paired, draws, options }: {
    readonly shapes: readonly (Shape | null)[];
    readonly paired: readonly boolean[];
    readonly draws: Draws;
    readonly options: MaskedDiffusionNoiseOptions;
  },
): NoiseSegment[][] {
  const { blockSizes = [8, 16], predictFuture = true } = options;
  const blockSize = drawBlockSize(blockSizes, draws);
  // Where the noise is partial: the region, or one of its blocks.
  const layouts = regions.map((given, sample): NoiseSegment[] => {
    if (shapes[sample] !== "blocks") return [{ ...given, probability: 1 }];
    return frontierSegments(
      answerBlocks({ length: given.end, promptLength: given.start, blockSize }),
      {
        uniform: draws("frontier", { sample }),
        mask: () => ({ probability: 1 }),
        context: !predictFuture,
      },
    );
  });
  const partial = [...regions.keys()].filter((i) => shapes[i] !== "full");
  const amounts = maskAmounts(
    partial.map((sample) => {
      const { start, end } = layouts[sample]![0]!;
      return { sample, length: end - start, paired: paired[sample]! };
    }),
    { draws, options },
  );
  partial.forEach((sample, i) => {
    const [first, ...later] = layouts[sample]!;
    layouts[sample] = [{ ...first!, ...amounts[i]! }, ...later];
  });
  return layouts;
}

/** How much of each segment is masked. */
function maskAmounts(
  segments: readonly {
    readonly sample: number;
    readonly length: number;
    readonly paired: boolean;
  }[],
  { draws, options }: {
    readonly draws: Draws;
    readonly options: MaskedDiffusionNoiseOptions;
  },
): { readonly probability: number; readonly count?: number }[] {
  const { counts = "exact", stratified = true, epsilon = MASK_EPSILON } =
    options;
  const shared = draws("amount");
  const alone = (i: number) => draws("amount", { sample: segments[i]!.sample });
  if (counts === "bernoulli") {
    const times = stratified
      ? stratifiedTimes(segments.length, shared)
      : segments.map((_, i) => alone(i));
    return times.map((time) => ({
      probability: maskProbability(time, epsilon),
    }));
  }
  const most = segments.map(({ length, paired }) =>
    paired ? Math.max(1, length - 1) : length
  );
  const chosen = stratified
    ? stratifiedCounts(most, shared)
    : most.map((length, i) => stratifiedCounts([length], alone(i))[0]!);
  return chosen.map((count, i) => ({
    count,
    probability: count / segments[i]!.length,
  }));
}
