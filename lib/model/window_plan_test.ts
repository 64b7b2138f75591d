import { assertEquals, assertThrows } from "@std/assert";
import { GREEDY } from "./_scenarios.ts";
import { RequestError } from "./errors.ts";
import type { ForwardRequest } from "./types.ts";
import { SEES_ALL } from "./visibility.ts";
import { planWindow } from "./window_plan.ts";

const SHIFT = { shift: true };
const base: ForwardRequest = {
  cache: [],
  cached: [{ start: 0, end: 6 }],
  branches: [
    {
      start: 6,
      tokens: Int32Array.of(10, 11, 12, 13),
      predict: Int32Array.of(6, 8, 10),
    },
    { start: 6, tokens: Int32Array.of(10, 11, 22), predict: Int32Array.of(8) },
  ],
  commitRows: 2,
  visibility: { kind: "full" },
  sampling: GREEDY,
};
const prefix = { source: "cache", position: 0, count: 6, row: 0 } as const;

Deno.test("planWindow lays branches one after another, without padding", () => {
  const plan = planWindow(base, SHIFT);
  assertEquals([...plan.tokens], [10, 11, 12, 13, 10, 11, 22]);
  assertEquals([...plan.positions], [6, 7, 8, 9, 6, 7, 8]);
  assertEquals([...plan.limits], Array(7).fill(SEES_ALL));
  assertEquals(plan.segments, [
    {
      row: 0,
      rows: 4,
      ranges: [prefix, { source: "fresh", position: 6, count: 4, row: 0 }],
    },
    {
      row: 4,
      rows: 3,
      ranges: [prefix, { source: "fresh", position: 6, count: 3, row: 4 }],
    },
  ]);
  assertEquals(plan.stagedRows, [0, 4]);
  assertEquals(plan.answerRows, [Int32Array.of(-1, 1, 3), Int32Array.of(5)]);
});

Deno.test("planWindow answers from the row itself without a shift, and position 0 from row 0 with one", () => {
  assertEquals(
    planWindow({
      ...base,
      branches: [{ ...base.branches[0]!, predict: Int32Array.of(6, 9) }],
    }, { shift: false }).answerRows,
    [
      Int32Array.of(0, 3),
    ],
  );
  const atZero = {
    start: 0,
    tokens: Int32Array.of(1, 2),
    predict: Int32Array.of(0, 1, 2),
  };
  assertEquals(
    planWindow({ ...base, cached: [], branches: [atZero] }, SHIFT).answerRows,
    [Int32Array.of(0, 0, 1)],
  );
});

Deno.test("planWindow shares committing rows under block-causal visibility", () => {
  const visibility = {
    kind: "block-causal",
    promptLength: 4,
    blockSize: 2,
  } as const;
  const plan = planWindow({ ...base, visibility }, SHIFT);
  assertEquals([...plan.tokens], [10, 11, 12, 13, 22]);
  assertEquals([...plan.positions], [6, 7, 8, 9, 8]);
  assertEquals([...plan.limits], [8, 8, 10, 10, 10]);
  const shared = { source: "fresh", position: 6, count: 2, row: 0 } as const;
  assertEquals(plan.segments, [
    { row: 0, rows: 2, ranges: [prefix, shared] },
    {
      row: 2,
      rows: 2,
      ranges: [prefix, shared, {
        source: "fresh",
        position: 8,
        count: 2,
        row: 2,
      }],
    },
    {
      row: 4,
      rows: 1,
      ranges: [prefix, shared, {
        source: "fresh",
        position: 8,
        count: 1,
        row: 4,
      }],
    },
  ]);
  assertEquals(plan.stagedRows, [0, 0]);
  assertEquals(plan.answerRows, [Int32Array.of(-1, 1, 3), Int32Array.of(1)]);
});

Deno.test("planWindow gives a branch of committing rows alone no segment of its own", () => {
  const visibility = {
    kind: "block-causal",
    promptLength: 4,
    blockSize: 2,
  } as const;
  const short = {
    start: 6,
    tokens: Int32Array.of(10, 11),
    predict: Int32Array.of(8),
  };
  const plan = planWindow({
    ...base,
    visibility,
    branches: [base.branches[0]!, short],
  }, SHIFT);
  assertEquals(plan.segments.length, 2);
  assertEquals(plan.answerRows[1], Int32Array.of(1));
});

Deno.test("planWindow replaces cached positions by fresh rows and keeps ranges ascending", () => {
  const dual = {
    ...base,
    cached: [{ start: 0, end: 4 }, { start: 4, end: 20 }],
    branches: [base.branches[0]!],
  };
  assertEquals(planWindow(dual, SHIFT).segments[0]!.ranges, [
    prefix,
    { source: "fresh", position: 6, count: 4, row: 0 },
    { source: "cache", position: 10, count: 10, row: 10 },
  ]);
  const split = {
    ...dual,
    cached: [0, 2, 4, 12].map((start) => ({ start, end: start + 1 })),
  };
  assertThrows(
    () => planWindow(split, SHIFT),
    RequestError,
    "5 separate ranges",
  );
});
