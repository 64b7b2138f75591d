import { assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  type BlockTable,
  dropPages,
  emptyTable,
  holdPages,
  rowRuns,
  tableRows,
} from "./block_table.ts";

Deno.test("rowRuns: pages in order are one run, others as many as they are", () => {
  const whole = { start: 0, end: 7 };
  const lone = holdPages(emptyTable(10, { pageSize: 3 }), whole);
  assertEquals(rowRuns(lone, { start: 1, end: 7 }), [
    { position: 1, row: 1, count: 6 },
  ]);
  const mixed = holdPages(
    emptyTable(10, { pageSize: 3, order: [2, 3, 0, 1] }),
    whole,
  );
  assertEquals(rowRuns(mixed, { start: 1, end: 7 }), [
    { position: 1, row: 7, count: 5 },
    { position: 6, row: 0, count: 1 },
  ]);
  assertEquals(tableRows(mixed), 12);
});

Deno.test("dropPages: pages that hold nothing are handed out again, in the same order", () => {
  const table = holdPages(emptyTable(12, { pageSize: 4 }), {
    start: 0,
    end: 12,
  });
  const less = dropPages(table, 5);
  assertEquals(less.pages, [0, 1, null]);
  assertEquals(less.free, [2]);
  assertEquals(holdPages(less, { start: 8, end: 9 }).pages, [0, 1, 2]);
  assertEquals(dropPages(table, 0).free, [0, 1, 2]);
});

Deno.test("a table never holds a page twice and never loses one", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 5 }),
      fc.array(
        fc.tuple(fc.nat(23), fc.integer({ min: 1, max: 24 }), fc.boolean()),
      ),
      (pageSize, moves) => {
        let table: BlockTable = emptyTable(24, { pageSize });
        const count = table.pages.length;
        for (const [a, b, drops] of moves) {
          const [start, end] = a < b ? [a, b] : [b - 1, a + 1];
          table = drops
            ? dropPages(table, start)
            : holdPages(table, { start, end });
          const held = table.pages.filter((page) => page !== null);
          assertEquals(
            [...held, ...table.free].sort((x, y) => x - y),
            Array.from({ length: count }, (_, page) => page),
          );
          if (drops) continue;
          const rows = rowRuns(table, { start, end }).flatMap((run) =>
            Array.from({ length: run.count }, (_, i) => run.row + i)
          );
          assertEquals(new Set(rows).size, end - start);
        }
      },
    ),
    { numRuns: 200 },
  );
});
