import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { quotaTable } from "./quota.ts";

Deno.test("quotaTable gives the reference's tables", () => {
  assertEquals(quotaTable(32, 32), Array(32).fill(1));
  assertEquals(quotaTable(32, 5), [7, 7, 6, 6, 6]);
  assertEquals(quotaTable(7, 4), [2, 2, 2, 1]);
  assertEquals(quotaTable(1, 3), [1, 0, 0]);
  assertEquals(quotaTable(0, 4), [0, 0, 0, 0]);
});

Deno.test("quotaTable sums to the masks, never rises, and differs by at most one", () => {
  fc.assert(
    fc.property(
      fc.nat(300),
      fc.integer({ min: 1, max: 80 }),
      (masks, steps) => {
        const table = quotaTable(masks, steps);
        assertEquals(table.length, steps);
        assertEquals(table.reduce((sum, n) => sum + n, 0), masks);
        assert(table.every((n, i) => i === 0 || n <= table[i - 1]!));
        assert(table[0]! - table.at(-1)! <= 1);
      },
    ),
  );
});

Deno.test("quotaTable names counts out of range", () => {
  assertThrows(() => quotaTable(-1, 4), RangeError, "-1 masks over 4 steps");
  assertThrows(() => quotaTable(4, 0), RangeError, "4 masks over 0 steps");
  assertThrows(() => quotaTable(4, 1.5), RangeError, "over 1.5 steps");
});
