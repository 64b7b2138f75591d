import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertThrows,
} from "@std/assert";
import fc from "fast-check";
import type { Example } from "./canvas.ts";
import { d2f, d2fNoise, type D2fOptions } from "./d2f.ts";
import { type ObjectiveModel, stepCanvases } from "./objective.ts";

const model: ObjectiveModel = { maskId: 50, eosId: 9, shift: true };
const EXAMPLES: Example[] = [
  { prompt: [1, 2, 3], answer: [4, 5, 6, 7, 8, 3, 9] },
  { prompt: [1, 2], answer: [4, 9] },
  { prompt: [1], answer: [6, 7, 8, 2, 9] },
  { prompt: [1, 2], answer: [9] },
];
const context = (step: number) => ({ seed: 6, step, model });

const options: fc.Arbitrary<D2fOptions> = fc.record({
  blockSizes: fc.constantFrom([2], [8, 16]),
  inferenceLike: fc.constantFrom(0, 0.5, 1),
  form: fc.constantFrom("mixed" as const, "code" as const, "paper" as const),
  cap: fc.constantFrom(2, 5),
  canvas: fc.constantFrom(
    {},
    { length: { kind: "region" as const, positions: 8 }, fillWeight: 0.1 },
  ),
});

Deno.test("d2f is a function of the step alone; the teacher sees all, the student its own block and what is before it", () => {
  fc.assert(
    fc.property(options, fc.nat(500), (given, step) => {
      const batch = d2f(EXAMPLES, context(step), given);
      assertEquals(d2f(EXAMPLES, context(step), given), batch);
      batch.sequences.forEach(({ tokens, limits }, i) => {
        const prompt = limits[0]!;
        assert(prompt >= 1 && !tokens.subarray(0, prompt).includes(50));
        assertEquals([...limits], [...limits].toSorted((a, b) => a - b));
        assert([...batch.teacherLimits![i]!].every((n) => n === tokens.length));
      });
      for (const { sequence, row, hard, soft } of batch.rows) {
        assertEquals(batch.sequences[sequence]!.tokens[row + 1], model.maskId);
        assert(Number.isFinite(hard) && Number.isFinite(soft));
      }
      assertEquals(
        batch.divergence,
        given.form === "paper" ? "reverse" : "forward",
      );
    }),
    { numRuns: 150 },
  );
});

Deno.test("d2f as the code has it: the teacher alone, 1/p over the number of masked tokens", () => {
  const settings = { blockSize: 2, inferenceLike: 0 };
  const noised = d2fNoise(
    stepCanvases(EXAMPLES, context(1)),
    context(1),
    settings,
  );
  const batch = d2f(EXAMPLES, context(1), {
    form: "code",
    blockSizes: [2],
    inferenceLike: 0,
  });
  const p = noised.flatMap(({ masked, probability }) =>
    [...probability].filter((_, i) => masked[i])
  );
  assert(p.every((value) => value >= 0.2 && value <= 0.7));
  batch.rows.forEach(({ hard, soft }, i) => {
    assertEquals(hard, 0);
    assertAlmostEquals(soft!, 1 / p[i]! / p.length, 1e-12);
  });
});

Deno.test("d2f's mixed form: half teacher, half truth, capped weights that average 1 in each sample", () => {
  fc.assert(
    fc.property(fc.nat(200), (step) => {
      const batch = d2f(EXAMPLES, context(step), { blockSizes: [2], cap: 3 });
      const weights = batch.sequences.map((): number[] => []);
      for (const { sequence, hard, soft } of batch.rows) {
        assertEquals(hard, soft);
        weights[sequence]!.push(hard + soft!);
      }
      for (const each of weights) {
        const sum = each.reduce((a, b) => a + b, 0);
        assertAlmostEquals(sum, 1 / EXAMPLES.length, 1e-12);
        assert(Math.max(...each) <= 3 * Math.min(...each) + 1e-12);
      }
    }),
  );
});

Deno.test("d2f on the truth alone needs no teacher", () => {
  const batch = d2f(EXAMPLES, context(3), { truth: 1 });
  assertEquals(batch.teacherLimits, undefined);
  assertEquals(batch.divergence, undefined);
  assert(batch.rows.every(({ soft }) => soft === undefined));
});

Deno.test("d2f can force certainty, a group per sequence", () => {
  const batch = d2f(EXAMPLES, context(3), {
    certainty: { weight: 1, temperature: 0.5 },
  });
  assert(batch.rows.every(({ group, sequence }) => group === sequence));
  assertEquals(
    batch.certainty!.weights,
    batch.sequences.map(() => 1 / EXAMPLES.length),
  );
});

Deno.test("inference-like noise makes clean blocks, a frontier and fully masked blocks; the schedule makes neither end", () => {
  const shapes = { clean: 0, full: 0 };
  for (let step = 0; step < 200; step++) {
    const laid = stepCanvases(EXAMPLES, context(step));
    for (const inferenceLike of [0, 1]) {
      const noised = d2fNoise(laid, context(step), {
        blockSize: 2,
        inferenceLike,
      });
      const p = [...noised[0]!.probability].slice(3);
      if (inferenceLike === 0) {
        assert(p.every((value) => value >= 0.2 && value <= 0.7));
      } else {
        shapes.clean += Number(p[0] === 0);
        shapes.full += Number(p.at(-1) === 1);
        assertEquals(p, p.toSorted((a, b) => a - b));
      }
    }
  }
  // Four blocks: the first is clean unless it is the frontier; the last is masked for certain if the frontier is one of two.
  assert(shapes.clean > 120 && shapes.clean < 180, `${shapes.clean}`);
  assert(shapes.full > 70 && shapes.full < 130, `${shapes.full}`);
});

Deno.test("d2f draws one block size per batch", () => {
  const sizes = new Set<number>();
  for (let step = 0; step < 30; step++) {
    const batch = d2f([EXAMPLES[0]!], context(step), { blockSizes: [2, 3] });
    sizes.add(batch.sequences[0]!.limits[3]! - 3);
  }
  assertEquals([...sizes].toSorted(), [2, 3]);
});

Deno.test("d2f names options out of range", () => {
  const refused = (given: D2fOptions, message: string) =>
    assertThrows(() => d2f(EXAMPLES, context(0), given), RangeError, message);
  refused({ truth: 1.5 }, "the truth's share of the loss is 1.5");
  refused({ cap: 0 }, "the cap on a token's weight is 0");
  refused({ inferenceLike: 2 }, "the shares are inference 2");
  refused({ blockSizes: [1.5] }, "the block sizes are [1.5]");
});
