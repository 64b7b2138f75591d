import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { joinBatches, splitBatch } from "./join_batches.ts";
import type { LossRow, TrainingBatch } from "./types.ts";

/** One row and one certainty group per sequence, all different. */
function batch(
  lengths: readonly number[],
  { grouped = true, from = 0 } = {},
): TrainingBatch {
  const each = [...lengths.keys()];
  return {
    sequences: lengths.map((length, s) => ({
      tokens: new Int32Array(length).fill(from + s),
      limits: new Int32Array(length).fill(length),
    })),
    rows: each.map((s): LossRow => ({
      sequence: s,
      row: 0,
      target: from + s,
      hard: 1 / (1 + s),
      soft: s,
      ...(grouped ? { group: s } : {}),
    })),
    teacherLimits: lengths.map((length) => new Int32Array(length).fill(1)),
    divergence: "forward",
    ...(grouped
      ? { certainty: { temperature: 0.5, weights: each.map((s) => 10 + s) } }
      : {}),
  };
}

Deno.test("joinBatches puts batches side by side and moves their indices", () => {
  const joined = joinBatches([batch([2, 3]), batch([4], { from: 2 })]);
  assertEquals(joined.sequences.map(({ tokens }) => tokens.length), [2, 3, 4]);
  assertEquals(joined.rows.map(({ sequence }) => sequence), [0, 1, 2]);
  assertEquals(joined.rows.map(({ group }) => group), [0, 1, 2]);
  assertEquals(joined.rows.map(({ target }) => target), [0, 1, 2]);
  assertEquals(joined.certainty!.weights, [10, 11, 10]);
  assertEquals(joined.teacherLimits!.map(({ length }) => length), [2, 3, 4]);
});

Deno.test("joinBatches refuses batches of different objectives", () => {
  const one = batch([2]);
  const refused = (other: TrainingBatch) =>
    assertThrows(
      () => joinBatches([one, other]),
      TypeError,
      "the batches differ",
    );
  refused({ ...one, divergence: "reverse" });
  refused({ sequences: one.sequences, rows: one.rows, divergence: "forward" });
  refused({ ...one, certainty: { temperature: 1, weights: [1] } });
  assertThrows(() => joinBatches([]), TypeError, "no batches to join");
});

Deno.test("splitBatch keeps to its positions, loses nothing, and joins to what it was", () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 8 }),
      fc.integer({ min: 1, max: 20 }),
      fc.boolean(),
      (lengths, positions, grouped) => {
        const whole = batch(lengths, { grouped });
        const parts = splitBatch(whole, { positions });
        for (const { sequences } of parts) {
          const used = sequences.reduce(
            (n, { tokens }) => n + tokens.length,
            0,
          );
          assertEquals(used <= positions || sequences.length === 1, true);
        }
        assertEquals(joinBatches(parts), whole);
      },
    ),
  );
});

Deno.test("splitBatch does not cut a certainty group", () => {
  const given = batch([3, 3]);
  const shared = {
    ...given,
    rows: given.rows.map((row) => ({ ...row, group: 0 })),
    certainty: { temperature: 0.5, weights: [1] },
  };
  assertEquals(splitBatch(shared, { positions: 6 }).length, 1);
  assertThrows(
    () => splitBatch(shared, { positions: 3 }),
    RangeError,
    "a certainty group has rows in sequences 0 to 0 and in others",
  );
  assertThrows(
    () => splitBatch(given, { positions: 0 }),
    RangeError,
    "a micro-batch of 0 positions",
  );
});
