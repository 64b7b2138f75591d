import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { type DevPoint, rightAt, selectAdapter } from "./selection.ts";

function points(
  step: number,
  ...pairs: readonly (readonly [passes: number, right: number])[]
): DevPoint[] {
  return pairs.map(([passes, right], i) => ({
    ...{ step, passes, right, threshold: [0.1, 0.5, 1][i]! },
    ...{ problems: 64, deviation: 1 },
  }));
}

const BASE = points(0, [40, 0.9], [30, 0.9], [20, 0.5]);
const WANTED = { speedup: 2, operating: 0.5 };

Deno.test("the adapter that answers best at the same number of passes is kept, neither the fastest nor the last", () => {
  const all = [
    ...BASE,
    // Slow: reaches 15 passes only where it answers badly.
    ...points(50, [30, 0.92], [20, 0.9], [10, 0.5]),
    // Right: at 15 passes nearly all is right.
    ...points(100, [18, 0.9], [12, 0.88], [8, 0.7]),
    // Overshot: fast and worse.
    ...points(150, [9, 0.8], [6, 0.75], [5, 0.6]),
  ];
  const found = selectAdapter(all, WANTED);
  assertEquals(found.budget, 15);
  assertEquals(found.step, 100);
  const [slow, kept, fast] = found.compared;
  assertAlmostEquals(slow!.right!, 0.7, 1e-12);
  assertAlmostEquals(kept!.right!, 0.89, 1e-12);
  assertEquals(fast!.right, 0.8);
  assertEquals(fast!.passes, 6);
});

Deno.test("equals are told apart by passes, then by steps; who never gets that fast comes last", () => {
  const tied = [
    ...BASE,
    ...points(50, [15, 0.8], [14, 0.8], [9, 0.8]),
    ...points(100, [15, 0.8], [12, 0.8], [9, 0.8]),
    ...points(150, [15, 0.8], [12, 0.8], [9, 0.8]),
    ...points(200, [40, 1], [30, 1], [25, 1]),
  ];
  const found = selectAdapter(tied, WANTED);
  assertEquals(found.step, 100);
  assertEquals(found.compared.at(-1)!.right, null);
});

Deno.test("rightAt lies between its neighbours and on its points", () => {
  const curve = points(1, [30, 0.9], [20, 0.7], [10, 0.1]);
  assertEquals(rightAt(curve, 20), 0.7);
  assertAlmostEquals(rightAt(curve, 25)!, 0.8, 1e-12);
  assertEquals(rightAt(curve, 50), 0.9);
  assertEquals(rightAt(curve, 5), null);
  assertEquals(rightAt([], 5), null);
});

Deno.test("selectAdapter says what is missing", () => {
  assertThrows(() => selectAdapter(BASE, WANTED), RangeError, "one adapter");
  assertThrows(
    () => selectAdapter(points(50, [1, 1]), WANTED),
    RangeError,
    "the base",
  );
});
