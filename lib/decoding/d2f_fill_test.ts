import { assertEquals, assertThrows } from "@std/assert";
import {
  type CandidateRow,
  candidateRows,
  chooseFills,
  remainingRows,
} from "./d2f_fill.ts";
import { DecodeError } from "./errors.ts";
import type { BlockRecord } from "./types.ts";

const block = (
  start: number,
  end: number,
  more: Partial<BlockRecord> = {},
): BlockRecord => ({
  start,
  end,
  masks: end - start,
  state: "active",
  activated: true,
  ...more,
});
const row = (
  position: number,
  probability: number,
  confidence = probability,
): CandidateRow => ({
  position,
  token: 100 + position,
  probability,
  confidence,
});
const FILL = { threshold: 0.9, force: true };

Deno.test("chooseFills: fills everything strictly above the threshold and forces nothing else in that block", () => {
  const { fills, forced } = chooseFills(
    [row(0, 0.9), row(1, 0.91), row(2, 0.99)],
    [block(0, 4)],
    FILL,
  );
  assertEquals(
    fills.map(({ position, token, kind }) => [position, token, kind]),
    [[1, 101, "threshold"], [2, 102, "threshold"]],
  );
  assertEquals(forced, 0);
});

Deno.test("chooseFills: every activated block that has nothing above the threshold forces its most confident token", () => {
  const rows = [
    row(0, 0.4, -1.2),
    row(1, 0.3, -0.5),
    row(4, 0.95),
    row(8, 0.2),
    row(9, 0.2),
    row(12, 0.8),
  ];
  const blocks = [
    block(0, 4),
    block(4, 8),
    block(8, 12),
    block(12, 16, { activated: false }),
  ];
  const { fills, forced } = chooseFills(rows, blocks, FILL);
  assertEquals(fills.map(({ position, kind }) => [position, kind]), [
    [1, "forced"],
    [4, "threshold"],
    [8, "forced"],
  ]);
  assertEquals(forced, 2);
  assertEquals(fills[0]!.score, 0.3);
});

Deno.test("chooseFills: force off leaves blocks alone, and blocks that are not active are not filled", () => {
  assertEquals(
    chooseFills([row(0, 0.5)], [block(0, 4)], { ...FILL, force: false }),
    { fills: [], forced: 0 },
  );
  assertEquals(
    chooseFills([row(0, 0.99)], [block(0, 4, { state: "to_cache" })], FILL)
      .fills,
    [],
  );
  assertEquals(chooseFills([], [block(0, 4)], FILL), { fills: [], forced: 0 });
});

Deno.test("remainingRows: what was not filled", () => {
  const rows = [row(0, 0.99), row(1, 0.2)];
  assertEquals(
    remainingRows(rows, chooseFills(rows, [block(0, 4)], FILL).fills),
    [rows[1]!],
  );
});

Deno.test("candidateRows: reads the confidence of the strategy and refuses predictions of another request", () => {
  const predictions = {
    positions: Int32Array.of(3, 5),
    tokens: Int32Array.of(7, 8),
    probability: Float32Array.of(0.5, 0.25),
    margin: Float32Array.of(0.125, 0.0625),
    negEntropy: Float32Array.of(-1, -2),
  };
  const rows = candidateRows(predictions, {
    strategy: "negEntropy",
    positions: Int32Array.of(3, 5),
  });
  assertEquals(rows[1], {
    position: 5,
    token: 8,
    probability: 0.25,
    confidence: -2,
  });
  for (
    const positions of [
      Int32Array.of(3),
      Int32Array.of(3, 4),
      Int32Array.of(3, 5, 6),
    ]
  ) {
    assertThrows(
      () => candidateRows(predictions, { strategy: "margin", positions }),
      DecodeError,
      "last request",
    );
  }
  assertThrows(
    () =>
      candidateRows(undefined, {
        strategy: "margin",
        positions: Int32Array.of(1),
      }),
    DecodeError,
  );
});
