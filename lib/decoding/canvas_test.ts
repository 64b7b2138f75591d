import { assertEquals, assertThrows } from "@std/assert";
import { FAKE_SPEC } from "./_fake_model.ts";
import { maskedPositions, startCanvas, writeFills } from "./canvas.ts";
import { DecodeError } from "./errors.ts";

const start = (prompt: readonly number[], maxNewTokens = 3): number[] => [
  ...startCanvas(Int32Array.from(prompt), FAKE_SPEC, { maxNewTokens }),
];

Deno.test("startCanvas appends masks to the prompt", () => {
  assertEquals(start([4, 5]), [4, 5, 11, 11, 11]);
});

Deno.test("startCanvas refuses an empty prompt, MASK, foreign ids and too many positions", () => {
  assertThrows(() => start([]), DecodeError, "the prompt has no tokens");
  assertThrows(
    () => start([1, 11]),
    DecodeError,
    "mask token (id 11) at position 1",
  );
  assertThrows(() => start([1, 12]), DecodeError, "id 12 at position 1");
  assertThrows(() => start([-1]), DecodeError, "id -1 at position 0");
  assertThrows(
    () => start([1, 2], 255),
    DecodeError,
    "2 tokens and 255 are to be generated, but the model takes 256",
  );
  assertEquals(start([1, 2], 254).length, 256);
});

Deno.test("maskedPositions and writeFills leave the canvas alone", () => {
  const canvas = Int32Array.of(1, 11, 2, 11, 11);
  const masked = maskedPositions(canvas, 11, { start: 0, end: 4 });
  assertEquals([...masked], [1, 3]);
  const fill = { token: 7, score: 1, probability: 1, kind: "quota" } as const;
  const written = writeFills(canvas, [{ ...fill, position: 3 }]);
  assertEquals([...written], [1, 11, 2, 7, 11]);
  assertEquals([...canvas], [1, 11, 2, 11, 11]);
});
