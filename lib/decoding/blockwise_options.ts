/**
 * Options that semi-autoregressive decoders share.
 *
 * @module
 */
import { type Fields, integer, nullable } from "./options.ts";

/** Blocks, steps, and when to give up. */
export interface BlockwiseOptions {
  /** Positions per block; divides `maxNewTokens`. Default 32. */
  readonly blockSize?: number;
  /**
   * Steps of a whole decode, shared equally by the blocks; divisible by their number. It sets quotas, so rules with a threshold
   * do not use it. Default `null`: as many as `maxNewTokens`, i.e. one token per step.
   */
  readonly steps?: number | null;
  /** Forwards after which a decode is an error, default twice `maxNewTokens`; `null` for none, as in the reference. */
  readonly stepCap?: number | null;
}

/** Fields of {@linkcode BlockwiseOptions}; the step cap follows from the length as given. */
export function blockwiseFields(
  given: { readonly maxNewTokens?: number },
): Fields<BlockwiseOptions> {
  return {
    blockSize: integer({ min: 1, fallback: 32 }),
    steps: nullable(integer({ min: 1 })),
    stepCap: nullable(integer({ min: 1 }), 2 * (given.maxNewTokens ?? 256)),
  };
}

/**
 * Steps of a whole decode and of one block.
 *
 * @throws {RangeError} Unless the blocks divide the length and the steps.
 */
export function blockwiseSteps(
  { maxNewTokens, blockSize, steps: wanted }: {
    readonly maxNewTokens: number;
    readonly blockSize: number;
    readonly steps: number | null;
  },
): { readonly steps: number; readonly stepsPerBlock: number } {
  if (maxNewTokens % blockSize !== 0) {
    throw new RangeError(
      `maxNewTokens is ${maxNewTokens} and blockSize ${blockSize}; choose a length that is a multiple of the block size`,
    );
  }
  const blocks = maxNewTokens / blockSize;
  const steps = wanted ?? maxNewTokens;
  if (steps % blocks !== 0) {
    throw new RangeError(
      `steps is ${steps} and there are ${blocks} blocks (maxNewTokens ${maxNewTokens} / blockSize ${blockSize}); choose a ` +
        "multiple of the number of blocks",
    );
  }
  return { steps, stepsPerBlock: steps / blocks };
}
