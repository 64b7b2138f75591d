/**
 * The block table of D2F and LoPA: block 0 is the prompt, every further block a run of positions that is appended, activated,
 * completed and cached by fixed rules. All functions return new tables; none changes its argument.
 *
 * A mask count is a snapshot taken at the end of a round. The append and activate rules of the next round read the snapshot.
 *
 * @module
 */
import type { PositionRange } from "../model/types.ts";
import type { BlockRecord } from "./types.ts";

/** The table before the first round: the prompt, waiting to be cached. */
export function promptTable(promptLength: number): BlockRecord[] {
  return [{
    start: 0,
    end: promptLength,
    masks: 0,
    state: "to_cache",
    activated: true,
  }];
}

/** Share of a block's positions that held no mask at the last count, in [0, 1]. */
export function progress(block: BlockRecord): number {
  const size = block.end - block.start;
  return (size - block.masks) / size;
}

/** The first block that has masks. */
export function firstActive(
  blocks: readonly BlockRecord[],
): BlockRecord | undefined {
  for (const block of blocks) if (block.state === "active") return block;
  return undefined;
}

/** Adds one block of `size` masks behind the last. */
export function appendBlock(
  blocks: readonly BlockRecord[],
  size: number,
): BlockRecord[] {
  const start = blocks.at(-1)!.end;
  return [...blocks, {
    start,
    end: start + size,
    masks: size,
    state: "active",
    activated: false,
  }];
}

/** Lets the successor of every block whose progress reaches the threshold (at least) force tokens. Activation is never undone. */
export function activateBlocks(
  blocks: readonly BlockRecord[],
  threshold: number,
): BlockRecord[] {
  return blocks.map((block, i) => {
    if (i === 0 || block.activated) return block;
    return progress(blocks[i - 1]!) >= threshold
      ? { ...block, activated: true }
      : block;
  });
}

/** Counts the masks of the active blocks anew. */
export function recountMasks(
  blocks: readonly BlockRecord[],
  tokens: Int32Array,
  maskId: number,
): BlockRecord[] {
  return blocks.map((block) => {
    if (block.state !== "active") return block;
    let masks = 0;
    for (let i = block.start; i < block.end; i++) {
      if (tokens[i] === maskId) masks++;
    }
    return { ...block, masks };
  });
}

/**
 * Hands blocks without masks over to the cache, in order: an active block goes only if no earlier one is still active.
 * `allowed` further restricts which blocks may go (LoPA: those that the winner completed by its own fills).
 */
export function completeBlocks(
  blocks: readonly BlockRecord[],
  allowed: (index: number) => boolean = () => true,
): BlockRecord[] {
  let open = false;
  return blocks.map((block, i) => {
    if (block.state !== "active") return block;
    if (!open && block.masks === 0 && allowed(i)) {
      return { ...block, state: "to_cache" };
    }
    open = true;
    return block;
  });
}

/** Marks the blocks that a round has just written to the cache. */
export function markCached(
  blocks: readonly BlockRecord[],
  range: PositionRange,
): BlockRecord[] {
  return blocks.map((block) =>
    block.state === "to_cache" && block.start >= range.start &&
      block.end <= range.end
      ? { ...block, state: "in_cache" }
      : block
  );
}

/**
 * End of the prefix that all tables share: as many leading blocks as are complete (waiting for the cache or in it, no masks) in
 * every table, at least the prompt.
 */
export function sharedPrefixEnd(
  tables: readonly (readonly BlockRecord[])[],
): number {
  let shared = Infinity;
  for (const blocks of tables) {
    const open = blocks.findIndex((block) =>
      block.state === "active" || block.masks > 0
    );
    shared = Math.min(shared, open < 0 ? blocks.length : open);
  }
  return tables[0]![Math.max(shared, 1) - 1]!.end;
}

/** Positions of the blocks that wait for the cache and end at or before `prefixEnd`; `null` when there are none. */
export function commitRange(
  blocks: readonly BlockRecord[],
  prefixEnd: number,
): PositionRange | null {
  let range: PositionRange | null = null;
  for (const { state, start, end } of blocks) {
    if (state !== "to_cache" || end > prefixEnd) continue;
    range = { start: range === null ? start : range.start, end };
  }
  return range;
}
