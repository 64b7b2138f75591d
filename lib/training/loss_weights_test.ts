import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertThrows,
} from "@std/assert";
import fc from "fast-check";
import {
  cartWeights,
  DREAM_LOSS,
  LLADA_LOSS,
  type LossWeights,
  lossWeights,
  LOW_VARIANCE_LOSS,
} from "./loss_weights.ts";
import type { NoisedSequence } from "./noise.ts";

/** Two prompt tokens and an answer of four, masked where told. */
function sequence(
  masked: readonly number[],
  p: number | readonly number[] = 0.5,
  weights?: readonly number[],
): NoisedSequence {
  const ids = Int32Array.of(1, 2, 3, 9, 9, 9);
  const flags = Uint8Array.of(0, 0, ...masked);
  return {
    ids,
    promptLength: 2,
    noisy: ids.map((id, i) => flags[i] ? 7 : id),
    masked: flags,
    probability: Float64Array.of(
      0,
      0,
      ...(typeof p === "number" ? [p, p, p, p] : p),
    ),
    ...(weights === undefined
      ? {}
      : { tokenWeights: Float64Array.of(1, 1, ...weights) }),
  };
}

function lossOf(
  sequences: readonly NoisedSequence[],
  entropies: readonly (readonly number[])[],
  options: LossWeights,
): number {
  return lossWeights(sequences, options).reduce((sum, weights, s) => {
    let next = 0;
    weights.forEach((weight, i) => {
      if (sequences[s]!.masked[i]) sum += weight * entropies[s]![next++]!;
    });
    return sum;
  }, 0);
}

const near = (value: number, wanted: number) =>
  assertAlmostEquals(value, wanted, 1e-12);

Deno.test("the losses of LLaDA, its low-variance form and Dream give the specification's vector", () => {
  // An answer of 4 with 2 masks at p = .5 and cross-entropies 1 and .2.
  const one = [sequence([1, 1, 0, 0])];
  const entropies = [[1, 0.2]];
  near(lossOf(one, entropies, LLADA_LOSS), 0.6);
  near(lossOf(one, entropies, LOW_VARIANCE_LOSS), 0.6);
  near(
    lossOf(one, entropies, { importance: "inverse", reduction: "batch" }),
    1.2,
  );
});

Deno.test("a batch's mean over samples and its mean over all tokens differ as the specification says", () => {
  const two = [sequence([1, 0, 0, 0], 0.25), sequence([1, 1, 1, 0], 0.75)];
  const entropies = [[4], [1, 2, 3]];
  // Per sample 4 and 2; all together (4 + 6) / 4.
  near(lossOf(two, entropies, LOW_VARIANCE_LOSS), 3);
  near(
    lossOf(two, entropies, { ...LOW_VARIANCE_LOSS, reduction: "batch" }),
    2.5,
  );
  // LLaDA: (4 / .25 / 4 + 6 / .75 / 4) / 2.
  near(lossOf(two, entropies, LLADA_LOSS), 3);
  // Linear: (.75 * 4 + .25 * 6) / 4.
  near(
    lossOf(two, entropies, { importance: "linear", reduction: "batch" }),
    4.5 / 4,
  );
});

Deno.test("fill tokens count with their weight, above and below the line", () => {
  const fill = [sequence([1, 1, 1, 0], 0.5, [1, 1, 0.1, 0.1])];
  const entropies = [[1, 2, 30]];
  near(lossOf(fill, entropies, LOW_VARIANCE_LOSS), (1 + 2 + 3) / 2.1);
  near(
    lossOf(fill, entropies, { importance: "none", reduction: "batch" }),
    (1 + 2 + 3) / 2.1,
  );
  near(lossOf(fill, entropies, LLADA_LOSS), (1 + 2 + 3) / 0.5 / 2.2);
});

Deno.test("a sample with fill alone is a mean over fill; with fill of weight 0 it adds nothing and still counts", () => {
  const pair = (weight: number) => [
    sequence([0, 0, 1, 1], 0.5, [1, 1, weight, weight]),
    sequence([1, 0, 0, 0], 0.5, [1, 1, weight, weight]),
  ];
  const entropies = [[2, 4], [1]];
  near(lossOf(pair(0.1), entropies, LOW_VARIANCE_LOSS), (3 + 1) / 2);
  near(lossOf(pair(0), entropies, LOW_VARIANCE_LOSS), 1 / 2);
});

Deno.test("capped inverse weights are made to average 1 over a sample's masked tokens", () => {
  const options = {
    importance: "inverse",
    cap: 5,
    reduction: "sample",
  } as const;
  const given = [sequence([1, 1, 1, 0], [0.1, 0.5, 1, 1])];
  // Importances 5, 2, 1.
  const [weights] = lossWeights(given, options);
  [0, 0, 5 / 8, 2 / 8, 1 / 8, 0].forEach((weight, i) =>
    near(weights![i]!, weight)
  );
  assertThrows(
    () => lossWeights(given, { ...options, cap: 0 }),
    RangeError,
    "the cap on a token's weight is 0",
  );
});

Deno.test("cartWeights gives the specification's vectors and limits", () => {
  const cart = (masks: readonly number[], decay: number) => [
    ...cartWeights({
      ids: Int32Array.from(masks, () => 1),
      noisy: Int32Array.from(masks, (mask) => mask ? 7 : 1),
    }, decay),
  ];
  const masks = [0, 1, 1, 0, 1];
  [[1, 0.095], [2, 0.095], [4, 0.08645]].forEach(([i, weight]) =>
    near(cart(masks, 0.1)[i!]!, weight!)
  );
  [[1, 0.48], [2, 0.48], [4, 0.4032]].forEach(([i, weight]) =>
    near(cart(masks, 0.8)[i!]!, weight!)
  );
  const long = new Array<number>(200).fill(0).with(100, 1);
  assertAlmostEquals(cart(long, 0.1)[100]!, 1, 1e-4);
  const tail = [...new Array<number>(20).fill(0), 1, 1, 1];
  assertAlmostEquals(cart(tail, 0.1)[20]!, 0.44, 5e-3);
  assertEquals(cart([1, 1, 1], 0.1), [0, 0, 0]);
  assertThrows(
    () => lossWeights([], { ...DREAM_LOSS, cartDecay: 0 }),
    RangeError,
    "the decay of the context-adaptive weight is 0",
  );
});

Deno.test("cartWeights equals the double sum of its definition", () => {
  fc.assert(
    fc.property(
      fc.array(fc.boolean(), { maxLength: 20 }),
      fc.double({ min: 0.01, max: 1, noNaN: true }),
      (masks, decay) => {
        const ids = Int32Array.from(masks, () => 1);
        const noisy = Int32Array.from(masks, (mask) => mask ? 7 : 1);
        const weights = cartWeights({ ids, noisy }, decay);
        masks.forEach((_, n) => {
          let sum = 0;
          masks.forEach((mask, i) => {
            if (i !== n && !mask) {
              sum += decay * (1 - decay) ** (Math.abs(n - i) - 1) / 2;
            }
          });
          near(weights[n]!, sum);
        });
      },
    ),
  );
});

Deno.test("under any weighting weights are finite, positive where masked, and mean losses of 1 stay 1", () => {
  const flags = fc.array(fc.nat(1), { minLength: 4, maxLength: 4 });
  fc.assert(
    fc.property(
      fc.array(flags, { minLength: 1, maxLength: 4 }),
      fc.double({ min: 1e-3, max: 1, noNaN: true }),
      fc.constantFrom("none" as const, "inverse" as const),
      (masks, p, importance) => {
        const sequences = masks.map((mask) => sequence(mask, p));
        const full = masks.filter((mask) => mask.includes(1)).length;
        const sums = (reduction: LossWeights["reduction"]) =>
          lossWeights(sequences, { importance, reduction }).map(
            (weights, s) => {
              weights.forEach((weight, i) => {
                assert(Number.isFinite(weight));
                assertEquals(weight > 0, sequences[s]!.masked[i] === 1);
              });
              return weights.reduce((a, b) => a + b, 0);
            },
          ).reduce((a, b) => a + b, 0);
        near(sums("sample"), full / masks.length);
        const factor = importance === "none" ? 1 : 1 / p;
        assertAlmostEquals(sums("batch") / factor, full > 0 ? 1 : 0, 1e-9);
        const count = masks.flat().reduce((a, b) => a + b, 0);
        assertAlmostEquals(
          sums("answer") / factor,
          count / (4 * masks.length),
          1e-9,
        );
      },
    ),
  );
});
