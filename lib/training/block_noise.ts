/**
 * Noise in the shape that semi-autoregressive and multi-block decoding makes: blocks counted from the end of the prompt, later
 * ones noisier.
 *
 * @module
 */
import type { NoiseSegment } from "./noise.ts";

/** Consecutive positions of an answer. */
export interface AnswerBlock {
  /** First position. */
  readonly start: number;
  /** First position after the block; the last block may be short. */
  readonly end: number;
}

/** The blocks of an answer, counted from the end of the prompt. */
export function answerBlocks(
  { length, promptLength, blockSize }: {
    readonly length: number;
    readonly promptLength: number;
    readonly blockSize: number;
  },
): AnswerBlock[] {
  const count = Math.ceil((length - promptLength) / blockSize);
  return Array.from({ length: count }, (_, b) => ({
    start: promptLength + b * blockSize,
    end: Math.min(promptLength + (b + 1) * blockSize, length),
  }));
}

/** D2F's range of mask probabilities: the published 0.2 and 0.7. */
export interface D2fRange {
  /** Smallest probability of the first block. Default 0.2. */
  readonly low?: number;
  /** Bound that no block exceeds. Default 0.7. */
  readonly high?: number;
}

/**
 * D2F's non-decreasing mask probabilities (D2F-train/utils/util.py; arXiv 2508.09192 §5.1): p_1 = low + (high - low) u, and each
 * further block adds v_j (high - p_1) / (most - 1).
 *
 * @param blocks Blocks of this sequence.
 * @param options `most`: blocks of the batch's longest sequence; `first`: u in [0, 1); `rise`: v_j in [0, 1) of block j, 2 or more.
 * @returns `[blocks]`.
 */
export function d2fProbabilities(
  blocks: number,
  { most, first, rise, low = 0.2, high = 0.7 }: D2fRange & {
    readonly most: number;
    readonly first: number;
    readonly rise: (block: number) => number;
  },
): number[] {
  const start = low + (high - low) * first;
  const probabilities = [start];
  for (let block = 2; block <= blocks; block++) {
    const increment = rise(block) * (high - start) / (most - 1);
    probabilities.push(Math.min(1, probabilities.at(-1)! + increment));
  }
  return probabilities;
}

/**
 * Mask probabilities like those met while decoding: blocks before a frontier are clean, the frontier is masked with probability
 * U(least, 1), the next block with U(p_frontier, 1), later ones for certain.
 *
 * @param blocks Blocks of the sequence.
 * @param options `uniform`: three numbers in [0, 1), for the frontier, its probability and the next block's; `least`: default 0.05.
 * @returns `[blocks]`.
 */
export function frontierProbabilities(
  blocks: number,
  { uniform, least = 0.05 }: {
    readonly uniform: (index: 0 | 1 | 2) => number;
    readonly least?: number;
  },
): number[] {
  const frontier = Math.floor(uniform(0) * blocks);
  const here = least + (1 - least) * uniform(1);
  const next = here + (1 - here) * uniform(2);
  return Array.from({ length: blocks }, (_, b) => {
    if (b < frontier) return 0;
    if (b === frontier) return here;
    return b === frontier + 1 ? next : 1;
  });
}

/** One segment per block that has a probability above 0. */
export function blockSegments(
  blocks: readonly AnswerBlock[],
  probabilities: readonly number[],
): NoiseSegment[] {
  return blocks.flatMap((block, b) =>
    probabilities[b]! > 0 ? [{ ...block, probability: probabilities[b]! }] : []
  );
}

/**
 * Semi-autoregressive noise: one block drawn uniformly is the frontier; blocks before it are clean, it is masked in part, and
 * everything after it is masked.
 *
 * @param blocks Blocks of the answer.
 * @param options `uniform`: picks the frontier, in [0, 1); `mask`: probability, and count if it is exact, for the frontier's
 * length; `context`: whether what comes after the frontier carries no loss.
 */
export function frontierSegments(
  blocks: readonly AnswerBlock[],
  { uniform, mask, context }: {
    readonly uniform: number;
    readonly mask: (
      length: number,
    ) => { readonly probability: number; readonly count?: number };
    readonly context: boolean;
  },
): NoiseSegment[] {
  const frontier = blocks[Math.floor(uniform * blocks.length)]!;
  const { end } = blocks.at(-1)!;
  const segments: NoiseSegment[] = [
    { ...frontier, ...mask(frontier.end - frontier.start) },
  ];
  if (frontier.end < end) {
    segments.push({ start: frontier.end, end, probability: 1, context });
  }
  return segments;
}
