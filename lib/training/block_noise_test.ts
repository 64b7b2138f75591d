import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertLess,
} from "@std/assert";
import fc from "fast-check";
import { assertDistribution, assertMean } from "./_frequencies.ts";
import {
  answerBlocks,
  blockSegments,
  d2fProbabilities,
  frontierProbabilities,
  frontierSegments,
} from "./block_noise.ts";
import { stepDraws } from "./draws.ts";

const unit = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

Deno.test("answerBlocks counts from the end of the prompt and may end short", () => {
  assertEquals(answerBlocks({ length: 9, promptLength: 3, blockSize: 4 }), [
    { start: 3, end: 7 },
    { start: 7, end: 9 },
  ]);
});

Deno.test("d2fProbabilities gives the specification's vector", () => {
  const rises = [NaN, NaN, 0.5, 1, 0.25];
  const found = d2fProbabilities(4, {
    most: 4,
    first: 0.6,
    rise: (block) => rises[block]!,
  });
  [0.5, 0.5 + 0.1 / 3, 0.6, 0.6 + 0.05 / 3].forEach((p, b) =>
    assertAlmostEquals(found[b]!, p, 1e-12)
  );
});

Deno.test("d2fProbabilities never falls, stays in its range, and needs no second block", () => {
  fc.assert(
    fc.property(
      unit,
      fc.array(unit, { minLength: 1, maxLength: 9 }),
      fc.nat(4),
      (first, rises, longer) => {
        const p = d2fProbabilities(rises.length, {
          most: rises.length + longer,
          first,
          rise: (block) => rises[block - 1]!,
        });
        assertEquals(p.length, rises.length);
        p.forEach((value, b) => {
          assert(value >= (p[b - 1] ?? 0.2));
          assertLess(value, 0.7 + 1e-12);
        });
      },
    ),
  );
});

Deno.test("d2fProbabilities has the published moments", () => {
  const draws = Array.from({ length: 4000 }, (_, step) => {
    const draw = stepDraws({ seed: 2, step });
    return d2fProbabilities(5, {
      most: 5,
      first: draw("amount", { sample: 0 }),
      rise: (index) => draw("rise", { sample: 0, index }),
    });
  });
  assertMean(draws.map((p) => p[0]!), 0.45, "first");
  assertMean(draws.map((p) => p[4]!), 0.575, "last");
  assertMean(draws.map((p) => 1 / p[0]!), Math.log(3.5) / 0.5, "1 / first");
});

Deno.test("frontierProbabilities: clean, partial, at least as noisy, then masked for certain", () => {
  fc.assert(
    fc.property(
      unit,
      unit,
      unit,
      fc.integer({ min: 1, max: 6 }),
      (a, b, c, blocks) => {
        const frontier = Math.floor(a * blocks);
        const p = frontierProbabilities(blocks, {
          uniform: (index) => [a, b, c][index]!,
        });
        assertEquals(p.slice(0, frontier), new Array(frontier).fill(0));
        assert(p[frontier]! >= 0.05 && p[frontier]! <= 1);
        if (frontier + 1 < blocks) assert(p[frontier + 1]! >= p[frontier]!);
        assert(p.slice(frontier + 2).every((value) => value === 1));
      },
    ),
  );
  const counts = [0, 0, 0];
  const here: number[] = [];
  for (let step = 0; step < 4000; step++) {
    const draw = stepDraws({ seed: 4, step });
    const p = frontierProbabilities(3, {
      uniform: (index) => draw("frontier", { sample: 0, index }),
    });
    const frontier = p.findIndex((value) => value > 0);
    counts[frontier]!++;
    here.push(p[frontier]!);
  }
  assertDistribution(counts, [1 / 3, 1 / 3, 1 / 3]);
  assertMean(here, 0.525, "frontier");
});

Deno.test("blockSegments leaves clean blocks out; frontierSegments masks everything after one block", () => {
  const blocks = answerBlocks({ length: 9, promptLength: 3, blockSize: 2 });
  assertEquals(blockSegments(blocks, [0, 0.4, 1]), [
    { start: 5, end: 7, probability: 0.4 },
    { start: 7, end: 9, probability: 1 },
  ]);
  const cut = (uniform: number) =>
    frontierSegments(blocks, {
      uniform,
      mask: (length) => ({ probability: 1 / length, count: 1 }),
      context: true,
    });
  assertEquals(cut(0.4), [
    { start: 5, end: 7, probability: 0.5, count: 1 },
    { start: 7, end: 9, probability: 1, context: true },
  ]);
  assertEquals(cut(0.9), [{ start: 7, end: 9, probability: 0.5, count: 1 }]);
});
