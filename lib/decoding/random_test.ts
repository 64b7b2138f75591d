import {
  assert,
  assertEquals,
  assertLess,
  assertNotEquals,
  assertThrows,
} from "@std/assert";
import { DecodeError } from "./errors.ts";
import { philox4x32 } from "./philox.ts";
import { counterUniforms, recordedUniforms } from "./random.ts";

const hex = (words: Uint32Array): string =>
  [...words].map((word) => word.toString(16).padStart(8, "0")).join(" ");

Deno.test("philox4x32 gives the authors' known answers", () => {
  // Known-answer vectors of the Random123 distribution, philox 4x32, 10 rounds.
  const ones = 0xffffffff;
  assertEquals(
    hex(philox4x32(new Uint32Array(4), new Uint32Array(2))),
    "6627e8d5 e169c58d bc57ac4c 9b00dbd8",
  );
  assertEquals(
    hex(
      philox4x32(
        Uint32Array.of(ones, ones, ones, ones),
        Uint32Array.of(ones, ones),
      ),
    ),
    "408f276d 41c83b0e a20bc7c6 6d5451fd",
  );
  assertEquals(
    hex(
      philox4x32(
        Uint32Array.of(0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344),
        Uint32Array.of(0xa4093822, 0x299f31d0),
      ),
    ),
    "d16cfe09 94fdcceb 5001e420 24126ea1",
  );
});

Deno.test("counterUniforms is a function of seed, sample and every part of the key", () => {
  const key = { round: 1, branch: 2, position: 3, purpose: "token" };
  const value = counterUniforms(7, { sample: 4 })(key);
  assertEquals(counterUniforms(7, { sample: 4 })(key), value);
  const others = [
    counterUniforms(8, { sample: 4 })(key),
    counterUniforms(7, { sample: 5 })(key),
    ...[
      { ...key, round: 2 },
      { ...key, branch: 3 },
      { ...key, position: 4 },
      { ...key, purpose: "transfer" },
    ].map(counterUniforms(7, { sample: 4 })),
  ];
  for (const other of others) assertNotEquals(other, value);
});

Deno.test("counterUniforms is uniform along every part of its key (chi-square, 64 cells)", () => {
  const cells = 64;
  const draws = 64_000;
  const source = counterUniforms(2024);
  const base = { round: 1, branch: 0, position: 0, purpose: "token" };
  for (const part of ["round", "branch", "position"] as const) {
    const counts = new Float64Array(cells);
    for (let i = 0; i < draws; i++) {
      const uniform = source({ ...base, [part]: i });
      assert(uniform >= 0 && uniform < 1);
      const cell = Math.floor(uniform * cells);
      counts[cell] = counts[cell]! + 1;
    }
    const expected = draws / cells;
    const chiSquare = counts.reduce((sum, n) => sum + (n - expected) ** 2, 0) /
      expected;
    // 63 degrees of freedom: 103.4 is the 0.999 quantile.
    assertLess(chiSquare, 103.4, `along ${part}`);
  }
});

Deno.test("counterUniforms names a seed or sample out of range", () => {
  assertThrows(() => counterUniforms(-1), RangeError, "the seed is -1");
  assertThrows(() => counterUniforms(1.5), RangeError, "the seed is 1.5");
  assertThrows(
    () => counterUniforms(0, { sample: 2 ** 32 }),
    RangeError,
    "the sample is 4294967296",
  );
});

Deno.test("recordedUniforms hands out each round in order and repeats an answer for a repeated key", () => {
  const source = recordedUniforms([[0.1, 0.2], [0.3]]);
  const ask = (round: number, position: number) =>
    source({ round, branch: 0, position, purpose: "transfer" });
  assertEquals(ask(1, 5), 0.1);
  assertEquals(ask(1, 9), 0.2);
  assertEquals(ask(1, 5), 0.1);
  assertEquals(ask(2, 9), 0.3);
});

Deno.test("recordedUniforms refuses what was not recorded", () => {
  const source = recordedUniforms([[0.1]]);
  const key = { round: 1, branch: 0, position: 0, purpose: "transfer" };
  assertThrows(
    () => source({ ...key, purpose: "token" }),
    DecodeError,
    'purpose "token"',
  );
  assertThrows(() => source({ ...key, round: 2 }), DecodeError, "round 2");
  source(key);
  assertThrows(
    () => source({ ...key, position: 1 }),
    DecodeError,
    "1 uniforms are recorded",
  );
});
