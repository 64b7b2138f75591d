import { assertEquals, assertLessOrEqual, assertThrows } from "@std/assert";
import fc from "fast-check";
import { checkThresholdVectors } from "./bf16_check.ts";
import { meanConfidence, roundThreshold, roundToBf16 } from "./bf16.ts";

Deno.test("checkThresholdVectors: the smallest bf16 probability that passes is the one measured on the reference", () => {
  const checks = checkThresholdVectors();
  assertEquals(checks.length, 6);
  assertEquals(checks.flatMap(({ differences }) => differences), []);
});

Deno.test("roundThreshold: f32 compares in f32", () => {
  assertEquals(roundThreshold(0.9, "f32"), Math.fround(0.9));
});

Deno.test("roundToBf16: ties go to even, infinities and NaN stay", () => {
  assertEquals(roundToBf16(1 + 2 ** -8), 1);
  assertEquals(roundToBf16(1 + 3 * 2 ** -8), 1 + 2 ** -6);
  assertEquals(roundToBf16(-(1 + 2 ** -8 + 2 ** -20)), -(1 + 2 ** -7));
  assertEquals(roundToBf16(Infinity), Infinity);
  assertEquals(roundToBf16(NaN), NaN);
  assertEquals(roundToBf16(3.4e38), Infinity);
});

Deno.test("roundToBf16: idempotent, monotone and within half a unit in the last place", () => {
  const value = fc.float({ noNaN: true, min: -(2 ** 100), max: 2 ** 100 });
  fc.assert(fc.property(value, value, (a, b) => {
    const [x, y] = [Math.min(a, b), Math.max(a, b)];
    const rounded = roundToBf16(x);
    assertEquals(roundToBf16(rounded), rounded);
    assertLessOrEqual(Math.abs(rounded - x), Math.abs(x) * 2 ** -8 + 2 ** -134);
    assertLessOrEqual(rounded, roundToBf16(y));
  }));
});

Deno.test("meanConfidence: bf16 resolution is 2^-7 in [1, 2) and 2^-6 in [2, 4)", () => {
  assertEquals(meanConfidence([-1, -1 - 2 ** -7], "bf16"), -1);
  assertEquals(
    meanConfidence([-1, -1 - 2 ** -7, -1 - 2 ** -7], "bf16"),
    -1 - 2 ** -7,
  );
  assertEquals(
    meanConfidence([-2, -2 - 2 ** -6, -2 - 2 ** -6], "bf16"),
    -2 - 2 ** -6,
  );
  assertEquals(meanConfidence([0.25, 0.5], "f32"), 0.375);
});

Deno.test("meanConfidence: an empty list is an error", () => {
  assertThrows(() => meanConfidence([], "f32"), RangeError, "at least one");
});
