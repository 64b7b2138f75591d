import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { agreement } from "./agreement.ts";
import { aup } from "./aup.ts";

Deno.test("aup: two-point vectors of the definition's authors' leaderboard", () => {
  const points = [
    { tpf: 1, accuracy: 83.47 },
    { tpf: 4.94, accuracy: 81.36 },
  ];
  assertAlmostEquals(aup(points, { best: 83.94 }), 391.33, 5e-3);
  assertAlmostEquals(aup(points.toReversed(), { best: 83.94 }), 391.33, 5e-3);
  const second = [{ tpf: 1, accuracy: 83.68 }, { tpf: 1.44, accuracy: 79 }];
  assertAlmostEquals(aup(second, { best: 83.94 }), 116.49, 5e-3);
});

Deno.test("aup: points more than 5 percent points below the slowest are left out", () => {
  const points = [{ tpf: 1, accuracy: 80 }, { tpf: 2, accuracy: 75 }];
  const worse = { tpf: 9, accuracy: 74.9 };
  assertEquals(
    aup([...points, worse], { best: 80 }),
    aup(points, { best: 80 }),
  );
  assertEquals(aup([{ tpf: 4.94, accuracy: 60 }], { best: 90 }), 4.94 * 60);
});

Deno.test("aup: no points and accuracies as shares are refused", () => {
  assertThrows(() => aup([], { best: 80 }), RangeError, "no points");
  const shares = [{ tpf: 1, accuracy: 0.8 }];
  assertThrows(() => aup(shares, { best: 0.8 }), RangeError, "percent");
});

Deno.test("agreement: share of equal positions, missing ones differ", () => {
  assertEquals(agreement([1, 2, 3, 4], [1, 5, 3, 4]), 0.75);
  assertEquals(agreement(Int32Array.of(1, 2), [1, 2, 3, 4]), 0.5);
  assertEquals(agreement([], []), 1);
});
