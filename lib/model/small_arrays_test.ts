import { assertEquals } from "@std/assert";
import { copyInt32s, float32Array, int32Array } from "./small_arrays.ts";

/** Lengths around every limit: none, one chunk filled many times over, and more than a chunk serves. */
const LENGTHS = [0, 1, 63, 1000, 1024, 1025, 20_000];

Deno.test("int32Array() and float32Array() give zeros that no other array shares", () => {
  const arrays = Array.from({ length: 40 }, () => LENGTHS).flat().map(
    (length, i) => i % 2 === 0 ? int32Array(length) : float32Array(length),
  );
  arrays.forEach((array, i) => {
    assertEquals(array.length, LENGTHS[i % LENGTHS.length]);
    assertEquals(array.every((value) => value === 0), true);
    array.fill(i + 1);
  });
  arrays.forEach((array, i) =>
    assertEquals(array.every((value) => value === i + 1), true)
  );
});

Deno.test("copyInt32s() leaves what it copied alone", () => {
  const given = Int32Array.of(7, -1, 2 ** 31 - 1);
  const copy = copyInt32s(given.subarray(1));
  assertEquals([...copy], [-1, 2 ** 31 - 1]);
  copy.fill(0);
  assertEquals([...given], [7, -1, 2 ** 31 - 1]);
});
