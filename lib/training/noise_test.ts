import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import type { Canvas } from "./canvas.ts";
import { ExampleError } from "./example_error.ts";
import { complementNoise, drawBatch, drawNoise } from "./noise.ts";

const MASK = 99;

function canvas(length: number, promptLength = 2): Canvas {
  return {
    ids: Int32Array.from({ length }, (_, i) => i + 10),
    promptLength,
    tokenWeights: new Float64Array(length).fill(1),
  };
}

const uniform = (position: number) => (position * 0.37) % 1;

Deno.test("drawNoise hides what it draws, and has no loss on context", () => {
  const noised = drawNoise(canvas(8), [
    { start: 3, end: 5, probability: 1 },
    { start: 5, end: 8, probability: 1, context: true },
  ], { maskId: MASK, uniform });
  assertEquals([...noised.noisy], [10, 11, 12, MASK, MASK, MASK, MASK, MASK]);
  assertEquals([...noised.masked], [0, 0, 0, 1, 1, 0, 0, 0]);
  assertEquals([...noised.probability], [0, 0, 0, 1, 1, 0, 0, 0]);
});

Deno.test("drawNoise asks for the number of a position, not of a place in its segment", () => {
  const draw = (start: number) =>
    drawNoise(canvas(8), [{ start, end: 8, probability: 0.5 }], {
      maskId: MASK,
      uniform: (position) => position === 6 ? 0.2 : 0.9,
    }).masked;
  assertEquals([...draw(2)], [0, 0, 0, 0, 0, 0, 1, 0]);
  assertEquals(draw(5), draw(2));
});

Deno.test("complementNoise splits what was masked by chance in two and keeps the rest", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 6 }),
      fc.integer({ min: 1, max: 6 }),
      fc.double({ min: 0.05, max: 0.95, noNaN: true }),
      fc.boolean(),
      (active, future, probability, context) => {
        const given = canvas(2 + active + future);
        const noised = drawNoise(given, [
          { start: 2, end: 2 + active, probability },
          { start: 2 + active, end: given.ids.length, probability: 1, context },
        ], { maskId: MASK, uniform });
        const other = complementNoise(noised, MASK);
        given.ids.forEach((id, i) => {
          if (i < 2) {
            assertEquals([noised.noisy[i], other.noisy[i]], [id, id]);
          } else if (i < 2 + active) {
            assertEquals(noised.masked[i]! + other.masked[i]!, 1);
            assertEquals(other.noisy[i], other.masked[i] ? MASK : id);
            assertEquals(other.probability[i], 1 - probability);
          } else {
            assertEquals([noised.noisy[i], other.noisy[i]], [MASK, MASK]);
            assertEquals(other.masked[i], context ? 0 : 1);
          }
        });
        assertEquals(
          [...complementNoise(other, MASK).noisy],
          [...noised.noisy],
        );
      },
    ),
  );
});

Deno.test("drawBatch draws a batch without a mask again, with fresh numbers, and gives up with a reason", () => {
  const key = { seed: 1, step: 2 };
  const noise = (probability: number) =>
    drawBatch(key, (draws) => [
      drawNoise(canvas(3), [{ start: 2, end: 3, probability }], {
        maskId: MASK,
        uniform: (index) => {
          seen.push(draws("mask", { sample: 0, index }));
          return seen.at(-1)!;
        },
      }),
    ]);
  const seen: number[] = [];
  const [first] = noise(0.05);
  assertEquals(first!.masked[2], 1);
  // Every number but the last was refused, and none came twice.
  assertEquals(seen.findIndex((u) => u < 0.05), seen.length - 1);
  assertEquals(new Set(seen).size, seen.length);
  assertThrows(() => noise(0), ExampleError, "100 draws masked no token");
});
