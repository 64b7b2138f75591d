import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { inShard, parseShard } from "./shard.ts";

Deno.test("parseShard() reads i/n and refuses everything else", () => {
  assertEquals(parseShard("2/8"), { index: 2, count: 8 });
  for (const bad of ["0/2", "3/2", "1", "a/b", "1/0", "-1/2", "1/2/3", ""]) {
    assertThrows(() => parseShard(bad), RangeError, "want i/n");
  }
});

Deno.test("inShard() gives every cell to exactly one shard", () => {
  fc.assert(
    fc.property(
      fc.nat(1000),
      fc.integer({ min: 1, max: 20 }),
      (cell, count) => {
        const owners = Array.from({ length: count }, (_, i) => i + 1)
          .filter((index) => inShard(cell, { index, count }));
        assertEquals(owners.length, 1);
      },
    ),
  );
});
