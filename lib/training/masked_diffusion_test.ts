import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertThrows,
} from "@std/assert";
import fc from "fast-check";
import { assertDistribution } from "./_frequencies.ts";
import type { Example } from "./canvas.ts";
import { LLADA_LOSS } from "./loss_weights.ts";
import {
  maskedDiffusion,
  type MaskedDiffusionOptions,
} from "./masked_diffusion.ts";
import { maskedDiffusionNoise } from "./masked_diffusion_noise.ts";
import { type ObjectiveModel, stepCanvases } from "./objective.ts";

const model: ObjectiveModel = { maskId: 50, eosId: 9, shift: false };
const EXAMPLES: Example[] = [
  { prompt: [1, 2, 3], answer: [4, 5, 6, 7, 9] },
  { prompt: [1, 2], answer: [4, 5, 9] },
  { prompt: [1], answer: [6, 7, 8, 9] },
  { prompt: [1, 2], answer: [9] },
];

const noiseOf = (step: number, options: MaskedDiffusionOptions = {}) => {
  const { canvas, loss: _loss, blockCausal: _share, ...noise } = options;
  const context = { seed: 3, step, model };
  return maskedDiffusionNoise(
    stepCanvases(EXAMPLES, context, canvas),
    context,
    noise,
  );
};

const masks = (flags: ArrayLike<number>) =>
  Array.from(flags).reduce((a, b) => a + b, 0);

const options: fc.Arbitrary<MaskedDiffusionOptions> = fc.record({
  counts: fc.constantFrom("exact" as const, "bernoulli" as const),
  stratified: fc.boolean(),
  whole: fc.constantFrom(0, 0.25),
  full: fc.constantFrom(0, 0.25),
  blocks: fc.constantFrom(0, 0.5),
  predictFuture: fc.boolean(),
  blockSizes: fc.constantFrom([1], [2, 4]),
  pairs: fc.constantFrom(0, 0.5, 1),
  blockCausal: fc.constantFrom(0, 0.5),
  canvas: fc.record({
    length: fc.constantFrom(
      { kind: "answer" as const },
      { kind: "longest" as const },
      { kind: "tail" as const, most: 5, block: 4 },
    ),
    fillWeight: fc.constantFrom(0.1, 1),
  }),
});

Deno.test("maskedDiffusion is a function of the step alone, never not a number, and predicts what it hides", () => {
  fc.assert(
    fc.property(
      options,
      fc.nat(500),
      fc.boolean(),
      (given, step, shift) => {
        const context = { seed: 8, step, model: { ...model, shift } };
        const batch = maskedDiffusion(EXAMPLES, context, given);
        assertEquals(maskedDiffusion(EXAMPLES, context, given), batch);
        let total = 0;
        for (const { sequence, row, target, hard } of batch.rows) {
          const { tokens, limits } = batch.sequences[sequence]!;
          assertEquals(tokens[row + Number(shift)], model.maskId);
          assert(target !== model.maskId);
          assert(Number.isFinite(hard) && hard > 0);
          assert(limits[row]! > 0 && limits[row]! <= tokens.length);
          total += hard;
        }
        if (given.counts === "exact") assertAlmostEquals(total, 1, 1e-9);
      },
    ),
    { numRuns: 150 },
  );
});

Deno.test("the prompt is never masked but in the share with prompt and answer together", () => {
  let prompts = 0;
  for (let step = 0; step < 300; step++) {
    const shapes = { full: 0.25, blocks: 0.25, pairs: 0.5 };
    for (const { noisy, promptLength, ids } of noiseOf(step, shapes)) {
      assertEquals([...noisy.subarray(0, promptLength)], [
        ...ids.subarray(0, promptLength),
      ]);
    }
    const whole = noiseOf(step, { whole: 0.25 }).filter((noised) =>
      noised.masked.subarray(0, noised.promptLength).includes(1)
    );
    assert(whole.length <= 1);
    prompts += whole.length;
  }
  assert(prompts > 150);
});

Deno.test("under the shift the first token of a whole sequence is never masked", () => {
  for (let step = 0; step < 100; step++) {
    const shifted = { seed: 3, step, model: { ...model, shift: true } };
    const noised = maskedDiffusionNoise(
      stepCanvases(EXAMPLES, shifted),
      shifted,
      { whole: 1 },
    );
    for (const { masked, probability } of noised) {
      assertEquals([masked[0], probability[0]], [0, 0]);
    }
  }
});

Deno.test("exact counts are uniform on 1 to the answer's length, and stratified over the batch", () => {
  const tally = EXAMPLES.map(({ answer }) =>
    new Array<number>(answer.length).fill(0)
  );
  for (let step = 0; step < 4000; step++) {
    noiseOf(step).forEach(({ masked }, i) => tally[i]![masks(masked) - 1]!++);
  }
  tally.forEach((counts) => {
    if (counts.length > 1) {
      assertDistribution(counts, counts.map(() => 1 / counts.length));
    }
  });
  const same = new Array<Example>(5).fill({
    prompt: [1],
    answer: [2, 3, 4, 5, 9],
  });
  const context = { seed: 1, step: 7, model };
  const counts = maskedDiffusionNoise(stepCanvases(same, context), context)
    .map(({ masked }) => masks(masked));
  assertEquals(counts.toSorted(), [1, 2, 3, 4, 5]);
});

Deno.test("bernoulli masks follow the distribution of p = (1 - epsilon) t + epsilon with uniform t", () => {
  // One answer of 3: with t uniform, counts 0 to 3 are as likely, but for epsilon; a batch without a mask is drawn again.
  const context = (step: number) => ({ seed: 2, step, model });
  const counts = [0, 0, 0, 0];
  for (let step = 0; step < 6000; step++) {
    const laid = stepCanvases([EXAMPLES[1]!], context(step));
    const [noised] = maskedDiffusionNoise(laid, context(step), {
      counts: "bernoulli",
      epsilon: 0,
    });
    counts[masks(noised!.masked)]!++;
  }
  assertDistribution(counts, [0, 1 / 3, 1 / 3, 1 / 3]);
});

Deno.test("complementary pairs split the answer in two and stand next to each other", () => {
  for (let step = 0; step < 100; step++) {
    const noised = noiseOf(step, { pairs: 1 });
    assertEquals(noised.length, 2 * EXAMPLES.length);
    for (let i = 0; i < noised.length; i += 2) {
      const [one, two] = [noised[i]!, noised[i + 1]!];
      const length = one.ids.length - one.promptLength;
      assertEquals(one.ids, two.ids);
      // An answer of one token has no complement: both copies mask it.
      assertEquals(
        masks(one.masked) + masks(two.masked),
        Math.max(length, 2),
      );
      assert(masks(one.masked) > 0 && masks(two.masked) > 0);
    }
  }
});

Deno.test("fully masked answers are masked from end to end and have no complement", () => {
  const noised = noiseOf(1, { full: 1, pairs: 1 });
  assertEquals(noised.length, EXAMPLES.length);
  for (const { masked, promptLength } of noised) {
    assertEquals(masks(masked), masked.length - promptLength);
  }
});

Deno.test("semi-autoregressive noise: clean blocks, one masked in part, then nothing but masks, predicted or not", () => {
  for (const predictFuture of [true, false]) {
    const frontiers = [0, 0, 0];
    for (let step = 0; step < 900; step++) {
      const [noised] = noiseOf(step, {
        blocks: 1,
        blockSizes: [2],
        predictFuture,
      });
      // The first answer has 5 tokens: blocks of 2, 2 and 1 behind 3 prompt tokens.
      const { masked, noisy } = noised!;
      const hidden = [...noisy].map((token) => Number(token === model.maskId));
      const frontier = Math.floor((hidden.indexOf(1) - 3) / 2);
      frontiers[frontier]!++;
      const after = 3 + 2 * (frontier + 1);
      assert(hidden.slice(after).every((bit) => bit === 1));
      assertEquals(
        [...masked],
        hidden.map((bit, i) => i >= after && !predictFuture ? 0 : bit),
      );
    }
    assertDistribution(frontiers, [1 / 3, 1 / 3, 1 / 3]);
  }
});

Deno.test("LLaDA's weights on exact counts are the low-variance weights", () => {
  const context = { seed: 4, step: 11, model };
  const low = maskedDiffusion(EXAMPLES, context);
  const llada = maskedDiffusion(EXAMPLES, context, { loss: LLADA_LOSS });
  llada.rows.forEach((row, i) =>
    assertAlmostEquals(row.hard, low.rows[i]!.hard, 1e-12)
  );
});

Deno.test("a share of the sequences sees block-causally", () => {
  const context = { seed: 4, step: 11, model };
  const batch = maskedDiffusion(EXAMPLES, context, {
    blockCausal: 0.5,
    blockSizes: [2],
  });
  const limited = batch.sequences.filter(({ limits }) =>
    limits[0] !== limits.length
  );
  assertEquals(limited.length, 2);
  assertEquals(batch.sequences.length, 4);
});

Deno.test("maskedDiffusion names options out of range", () => {
  const refused = (given: MaskedDiffusionOptions, message: string) =>
    assertThrows(
      () => maskedDiffusion(EXAMPLES, { seed: 1, step: 1, model }, given),
      RangeError,
      message,
    );
  refused({ full: 0.6, whole: 0.6 }, "the shares are whole 0.6, full 0.6");
  refused({ pairs: 2 }, "paired 2");
  refused({ blockSizes: [] }, "the block sizes are []");
  refused({ blockSizes: [0] }, "the block sizes are [0]");
  refused({ counts: "bernoulli", epsilon: 2 }, "the epsilon is 2");
});
