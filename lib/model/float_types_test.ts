import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { roundToBf16, widen } from "./float_types.ts";

Deno.test("roundToBf16 rounds to the nearest of 8 significant bits, ties to even", () => {
  assertEquals(roundToBf16(1), 1);
  assertEquals(roundToBf16(1 + 1 / 256), 1);
  assertEquals(roundToBf16(1 + 3 / 256), 1 + 1 / 64);
  assertEquals(roundToBf16(1 + 1.01 / 256), 1 + 1 / 128);
  assertEquals(roundToBf16(-0.95), -0.94921875);
  assertEquals(roundToBf16(3.4e38), Infinity);
  assertEquals([roundToBf16(-Infinity), roundToBf16(NaN)], [-Infinity, NaN]);
});

Deno.test("roundToBf16 is idempotent, monotone and within half a unit in the last place", () => {
  const float = fc.float({
    noNaN: true,
    noDefaultInfinity: true,
    max: Math.fround(1e38),
    min: Math.fround(-1e38),
  });
  fc.assert(fc.property(float, float, (a, b) => {
    const rounded = roundToBf16(a);
    assertEquals(roundToBf16(rounded), rounded);
    assertEquals(
      a <= b ? rounded <= roundToBf16(b) : rounded >= roundToBf16(b),
      true,
    );
    assertEquals(Math.abs(rounded - a) <= Math.abs(a) / 256 + 1e-40, true);
  }));
});

Deno.test("widen reads little-endian F32, BF16 and F16 at any alignment", () => {
  const bytes = Uint8Array.of(
    9,
    0x00,
    0x00,
    0xc0,
    0x3f,
    0x00,
    0x3c,
    0x01,
    0x00,
    0x00,
    0xfc,
  );
  assertEquals([...widen(bytes.subarray(1, 5), "F32")], [1.5]);
  assertEquals([...widen(bytes.subarray(3, 5), "BF16")], [1.5]);
  assertEquals([...widen(bytes.subarray(5), "F16")], [1, 2 ** -24, -Infinity]);
  assertThrows(() => widen(new Uint8Array(3), "BF16"), RangeError, "3 bytes");
});

Deno.test("widen of F16 is what DataView.getFloat16 gives", () => {
  const view = new DataView(new ArrayBuffer(2 ** 17));
  for (let half = 0; half < 2 ** 16; half++) {
    view.setUint16(2 * half, half, true);
  }
  const widened = widen(new Uint8Array(view.buffer), "F16");
  assertEquals(
    [...widened],
    Array.from(
      { length: 2 ** 16 },
      (_, half) => view.getFloat16(2 * half, true),
    ),
  );
});
