import { assertEquals, assertThrows } from "@std/assert";
import { EOS, handmadeTrace } from "./_handmade.ts";
import { blockPasses, settledPasses } from "./passes.ts";

/** Six positions in blocks of two from position 2 on; the answer ends in its second block. */
const trace = handmadeTrace({
  ids: [1, 2, 3, EOS, EOS, EOS],
  steps: [
    { fills: [2] },
    { fills: [3] },
    { fills: [5] },
    { fills: [], accepted: 4 },
    { fills: [6, 7] },
  ],
});

Deno.test("an answer is known once everything up to its end is written", () => {
  assertEquals(settledPasses(trace), 4);
  const endless = handmadeTrace({
    ids: [1, 2, 3, 4],
    steps: [{ fills: [4, 5] }, { fills: [2, 3] }],
  });
  assertEquals(settledPasses(endless), 2);
});

Deno.test("passes are counted for every block that they write in, and blocks behind the end stand apart", () => {
  assertEquals(blockPasses(trace, { blockSize: 2 }), [
    { block: 0, passes: 2, behind: false },
    { block: 1, passes: 2, behind: false },
    { block: 2, passes: 1, behind: true },
  ]);
  assertEquals(blockPasses(trace, { blockSize: 4 }), [
    { block: 0, passes: 4, behind: false },
    { block: 1, passes: 1, behind: true },
  ]);
  assertThrows(() => blockPasses(trace, { blockSize: 0 }), RangeError, "is 0");
});
