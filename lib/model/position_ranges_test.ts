import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { covers, subtract, unite } from "./position_ranges.ts";
import type { PositionRange } from "./types.ts";

const range = fc.tuple(fc.nat(20), fc.nat(20)).map(([a, b]): PositionRange => ({
  start: Math.min(a, b),
  end: Math.max(a, b),
}));
const inside = (ranges: readonly PositionRange[], position: number) =>
  ranges.some((r) => r.start <= position && position < r.end);
const positions = Array.from({ length: 22 }, (_, i) => i);

Deno.test("unite, subtract and covers agree with sets of positions", () => {
  fc.assert(fc.property(fc.array(range), range, (list, other) => {
    const ranges = list.reduce<PositionRange[]>(unite, []);
    for (const position of positions) {
      assertEquals(inside(ranges, position), inside(list, position));
      assertEquals(
        inside(subtract(ranges, other), position),
        inside(list, position) && !inside([other], position),
      );
    }
    const all = positions.filter((position) => inside([other], position));
    assertEquals(
      covers(ranges, other),
      all.every((position) => inside(list, position)),
    );
    ranges.slice(1).forEach((next, i) =>
      assertEquals(next.start > ranges[i]!.end, true)
    );
  }));
});
