/**
 * Where passes go: until an answer is known, and block by block, with the blocks behind the answer's end apart. Decoders without
 * early stop spend passes on them that say nothing.
 *
 * @module
 */
import { settledForwards } from "../decoding/answer_progress.ts";
import type { Trace } from "../decoding/trace_types.ts";

/** Forwards after which the answer was known up to its end of sequence: the passes of a decoder that stops there. */
export function settledPasses({ header, steps }: Trace): number {
  return settledForwards(steps, {
    promptLength: header.prompt.ids.length,
    eosId: header.model.eosId,
  });
}

/** Passes of one block. */
export interface BlockPasses {
  /** From 0, counted from the end of the prompt. */
  readonly block: number;
  /** Passes that wrote in it. */
  readonly passes: number;
  /** Whether it lies behind the answer's end, so that it holds nothing but end-of-sequence tokens and what follows the first. */
  readonly behind: boolean;
}

/**
 * Passes of each block of an answer's canvas.
 *
 * @throws {RangeError} Unless the block size is a whole number of at least 1.
 */
export function blockPasses(
  { header, steps, result }: Trace,
  { blockSize }: { readonly blockSize: number },
): BlockPasses[] {
  if (!Number.isSafeInteger(blockSize) || blockSize < 1) {
    throw new RangeError(
      `the block size is ${blockSize}; give a whole number of at least 1`,
    );
  }
  const start = header.prompt.ids.length;
  const count = Math.ceil(result.ids.length / blockSize);
  const passes = new Array<number>(count).fill(0);
  for (const { fills, accepted } of steps) {
    const written = accepted === undefined ? fills : [...fills, accepted];
    const blocks = new Set(
      written.map(({ position }) => Math.floor((position - start) / blockSize)),
    );
    for (const block of blocks) passes[block]! += 1;
  }
  const end = result.ids.indexOf(header.model.eosId);
  return passes.map((passes, block) => ({
    ...{ block, passes },
    behind: end >= 0 && block * blockSize > end,
  }));
}
