import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  activateBlocks,
  appendBlock,
  commitRange,
  completeBlocks,
  markCached,
  progress,
  promptTable,
  recountMasks,
  sharedPrefixEnd,
} from "./blocks.ts";
import {
  growSequence,
  isFinished,
  promptSequence,
  writeTokens,
} from "./blocks_sequence.ts";
import type { BlockRecord, BlockState } from "./types.ts";

const MASK = 9;
const RULES = {
  blockSize: 4,
  maxBlocks: 2,
  addThreshold: 0.5,
  activateThreshold: 0.75,
  maskId: MASK,
};

/** A table from [size, masks, state, activated] per block. */
function table(
  ...rows: [number, number, BlockState, boolean?][]
): BlockRecord[] {
  let end = 0;
  return rows.map(([size, masks, state, activated = false]) => ({
    start: end,
    end: end += size,
    masks,
    state,
    activated,
  }));
}

Deno.test("promptTable and appendBlock: the prompt counts as complete, a new block is all masks and may not force", () => {
  const blocks = appendBlock(promptTable(3), 4);
  assertEquals(progress(blocks[0]!), 1);
  assertEquals(blocks[1], {
    start: 3,
    end: 7,
    masks: 4,
    state: "active",
    activated: false,
  });
});

Deno.test("activateBlocks: reaching the threshold is enough, and activation stays", () => {
  const blocks = table(
    [3, 0, "in_cache", true],
    [4, 1, "active"],
    [4, 2, "active"],
    [4, 4, "active"],
    [4, 4, "active", true],
  );
  assertEquals(activateBlocks(blocks, 0.75).map(({ activated }) => activated), [
    true,
    true,
    true,
    false,
    true,
  ]);
});

Deno.test("completeBlocks: a complete block behind an active one waits, a run of complete ones goes together", () => {
  const waiting = table([2, 0, "in_cache"], [4, 1, "active"], [4, 0, "active"]);
  assertEquals(completeBlocks(waiting).map(({ state }) => state), [
    "in_cache",
    "active",
    "active",
  ]);
  const ready = table([2, 0, "in_cache"], [4, 0, "active"], [4, 0, "active"], [
    4,
    2,
    "active",
  ]);
  assertEquals(completeBlocks(ready).map(({ state }) => state), [
    "in_cache",
    "to_cache",
    "to_cache",
    "active",
  ]);
  assertEquals(
    completeBlocks(ready, (i) => i !== 1).map(({ state }) => state),
    ["in_cache", "active", "active", "active"],
  );
});

Deno.test("sharedPrefixEnd: the fewest complete leading blocks of any table, at least the prompt", () => {
  const far = table([3, 0, "in_cache"], [4, 0, "to_cache"], [4, 0, "to_cache"]);
  const near = table([3, 0, "in_cache"], [4, 0, "to_cache"], [4, 1, "active"]);
  const blocked = table([3, 0, "in_cache"], [4, 0, "active"], [
    4,
    0,
    "to_cache",
  ]);
  assertEquals(sharedPrefixEnd([far]), 11);
  assertEquals(sharedPrefixEnd([far, near]), 7);
  assertEquals(sharedPrefixEnd([far, near, blocked]), 3);
});

Deno.test("commitRange and markCached: blocks that wait go together, only within the prefix", () => {
  const blocks = table([3, 0, "in_cache"], [4, 0, "to_cache"], [
    4,
    0,
    "to_cache",
  ], [4, 1, "active"]);
  assertEquals(commitRange(blocks, Infinity), { start: 3, end: 11 });
  assertEquals(commitRange(blocks, 7), { start: 3, end: 7 });
  assertEquals(commitRange(blocks, 3), null);
  assertEquals(
    markCached(blocks, { start: 3, end: 7 }).map(({ state }) => state),
    ["in_cache", "in_cache", "to_cache", "active"],
  );
});

Deno.test("growSequence: appends at the threshold, never beyond the maximum or after a stop token", () => {
  let sequence = growSequence(promptSequence(Int32Array.of(1, 2)), RULES);
  assertEquals([...sequence.tokens], [1, 2, MASK, MASK, MASK, MASK]);
  assertEquals(growSequence(sequence, RULES).blocks.length, 2);
  sequence = writeTokens(sequence, [{ position: 2, token: 5 }, {
    position: 3,
    token: 0,
  }], { stopId: 0 });
  assert(sequence.eosSeen);
  const counted = {
    ...sequence,
    blocks: recountMasks(sequence.blocks, sequence.tokens, MASK),
  };
  assertEquals(growSequence(counted, RULES).blocks.length, 2);
  const grown = growSequence({ ...counted, eosSeen: false }, RULES);
  assertEquals(grown.tokens.length, 10);
  const full = {
    ...grown,
    blocks: grown.blocks.map((block) => ({ ...block, masks: 0 })),
  };
  assertEquals(growSequence(full, RULES).blocks.length, 3);
});

Deno.test("growSequence: reads the mask counts of the last round, not the tokens", () => {
  const sequence = growSequence(promptSequence(Int32Array.of(1)), RULES);
  const written = writeTokens(
    sequence,
    [1, 2, 3, 4].map((position) => ({ position, token: 5 })),
    { stopId: 0 },
  );
  assertEquals(growSequence(written, RULES).blocks.length, 2);
});

Deno.test("isFinished: neither masks nor active blocks", () => {
  const sequence = growSequence(promptSequence(Int32Array.of(1)), RULES);
  assert(!isFinished(sequence, MASK));
  const written = writeTokens(
    sequence,
    [1, 2, 3, 4].map((position) => ({ position, token: 5 })),
    { stopId: 0 },
  );
  assert(!isFinished(written, MASK));
  const blocks = completeBlocks(
    recountMasks(written.blocks, written.tokens, MASK),
  );
  assert(isFinished({ ...written, blocks }, MASK));
});

Deno.test("block tables: no function changes its argument", () => {
  const block = fc.record({
    size: fc.integer({ min: 1, max: 6 }),
    state: fc.constantFrom<BlockState>("active", "to_cache", "in_cache"),
  });
  fc.assert(
    fc.property(
      fc.array(block, { minLength: 1 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (rows, threshold) => {
        const blocks = table(
          ...rows.map((
            { size, state },
          ): [number, number, BlockState] => [
            size,
            state === "active" ? size : 0,
            state,
          ]),
        );
        const before = structuredClone(blocks);
        appendBlock(blocks, 3);
        activateBlocks(blocks, threshold);
        completeBlocks(blocks);
        markCached(blocks, { start: 0, end: 100 });
        recountMasks(blocks, new Int32Array(100), MASK);
        assertEquals(blocks, before);
      },
    ),
  );
});
