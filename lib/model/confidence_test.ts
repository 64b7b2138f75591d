import {
  assertAlmostEquals,
  assertEquals,
  assertGreater,
  assertLessOrEqual,
  assertThrows,
} from "@std/assert";
import fc from "fast-check";
import { GREEDY } from "./_scenarios.ts";
import { argmax, confidence, mostProbable, softmax } from "./confidence.ts";
import { filterLogits } from "./logit_filters.ts";
import { roundToBf16 } from "./float_types.ts";

/** Logits whose softmax is exactly the given distribution, up to rounding. */
const logitsOf = (...probabilities: number[]) =>
  Float32Array.from(probabilities, Math.log);
const HALVES = logitsOf(0.5, 0.25, 0.125, 0.125);
const kept = (logits: Float32Array) =>
  [...logits.keys()].filter((id) => logits[id] !== -Infinity);

Deno.test("confidence gives probability, margin and negative entropy in nats", () => {
  const { token, probability, margin, negEntropy } = confidence(HALVES, GREEDY);
  assertEquals(token, 0);
  assertAlmostEquals(probability, 0.5, 1e-6);
  assertAlmostEquals(margin, 0.25, 1e-6);
  assertAlmostEquals(negEntropy, -1.75 * Math.LN2, 1e-6);
});

Deno.test("confidence takes the lowest id among equal probabilities", () => {
  assertEquals(confidence(Float32Array.of(0, 3, 3, 1), GREEDY).token, 1);
  assertEquals(confidence(Float32Array.of(0, 3, 3, 1), GREEDY).margin, 0);
  const close = Float32Array.of(2, 2 + 1e-3, 1);
  assertEquals(confidence(close, GREEDY).token, 1);
  assertEquals(
    confidence(close, { ...GREEDY, confidenceDtype: "bf16" }).token,
    0,
  );
});

Deno.test("confidence applies filters at temperature 0, and reads the numbers after them (filtered) or before (raw)", () => {
  const filtered = confidence(HALVES, { ...GREEDY, topK: 2 });
  assertAlmostEquals(filtered.probability, 2 / 3, 1e-6);
  assertAlmostEquals(filtered.margin, 1 / 3, 1e-6);
  const raw = confidence(HALVES, {
    ...GREEDY,
    topK: 2,
    temperature: 1,
    confidenceFrom: "raw",
  }, { uniform: 0.9 });
  assertEquals(raw.token, 1);
  assertAlmostEquals(raw.probability, 0.25, 1e-6);
  assertAlmostEquals(raw.margin, 0.25, 1e-6);
});

Deno.test("filterLogits keeps ids while the mass before them is at most top p, the first always", () => {
  const nucleus = (topP: number) =>
    kept(filterLogits(HALVES, { ...GREEDY, topP }));
  assertEquals(nucleus(0.01), [0]);
  assertEquals(nucleus(0.6), [0, 1]);
  assertEquals(nucleus(0.8), [0, 1, 2]);
  assertEquals(nucleus(0.9), [0, 1, 2, 3]);
  assertEquals(
    kept(filterLogits(HALVES, { ...GREEDY, topP: 0.6, temperature: 100 })),
    [0, 1, 2],
  );
});

Deno.test("filterLogits keeps logits that are at least the k-th largest, ties included", () => {
  const top = (topK: number) =>
    kept(filterLogits(Float32Array.of(1, 5, 3, 3, 2), { ...GREEDY, topK }));
  assertEquals(top(1), [1]);
  assertEquals(top(2), [1, 2, 3]);
  assertEquals(top(4), [1, 2, 3, 4]);
  assertEquals(top(9), [0, 1, 2, 3, 4]);
});

Deno.test("confidence draws the first id whose cumulative probability exceeds the uniform", () => {
  const draw = (uniform: number) =>
    confidence(HALVES, { ...GREEDY, temperature: 1 }, { uniform }).token;
  assertEquals([0, 0.499, 0.501, 0.749, 0.751, 0.999999].map(draw), [
    0,
    0,
    1,
    1,
    2,
    3,
  ]);
  assertThrows(
    () => confidence(HALVES, { ...GREEDY, temperature: 1 }),
    RangeError,
    "needs a uniform",
  );
  const barred = { ...GREEDY, temperature: 1, barred: [0, 3] };
  assertEquals(
    [0, 0.66, 0.67].map((uniform) =>
      confidence(HALVES, barred, { uniform }).token
    ),
    [1, 1, 2],
  );
});

Deno.test("confidence never draws a barred id, and counts it in no distribution", () => {
  for (const confidenceFrom of ["filtered", "raw"] as const) {
    const { token, probability, distribution } = confidence(HALVES, {
      ...GREEDY,
      barred: [0],
      confidenceFrom,
    });
    assertEquals([token, distribution[0]], [1, 0]);
    assertAlmostEquals(probability, 0.5, 1e-6);
  }
});

Deno.test("confidence in bf16 gives bf16 numbers near the exact ones", () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: -8, max: 8, noNaN: true }), {
        minLength: 2,
        maxLength: 30,
      }),
      (values) => {
        const logits = Float32Array.from(values);
        const rounded = confidence(logits, {
          ...GREEDY,
          confidenceDtype: "bf16",
        });
        const exact = confidence(logits.map(roundToBf16), GREEDY);
        for (const field of ["probability", "margin", "negEntropy"] as const) {
          assertEquals(roundToBf16(rounded[field]), rounded[field]);
          assertLessOrEqual(
            Math.abs(rounded[field] - exact[field]),
            0.004 + 0.01 * Math.abs(exact[field]),
          );
        }
      },
    ),
  );
});

Deno.test("mostProbable ranks by probability, then id, leaves barred ids out and pads with -1", () => {
  const distribution = Float32Array.of(0.1, 0.4, 0.1, 0.4);
  assertEquals([...mostProbable(distribution, 3)], [1, 3, 0]);
  assertEquals([...mostProbable(distribution, 4, { barred: [1] })], [
    3,
    0,
    2,
    -1,
  ]);
});

Deno.test("confidence of any logits: a distribution, its argmax, and numbers that belong to it", () => {
  const logit = fc.float({ min: -50, max: 50, noNaN: true });
  fc.assert(
    fc.property(fc.array(logit, { minLength: 1, maxLength: 40 }), (values) => {
      const { token, probability, margin, negEntropy, distribution } =
        confidence(Float32Array.from(values), GREEDY);
      assertAlmostEquals(
        distribution.reduce((sum, p) => sum + p, 0),
        1,
        1e-5,
      );
      assertEquals(token, argmax(distribution));
      assertEquals(probability, Math.max(...distribution));
      assertLessOrEqual(margin, probability);
      assertLessOrEqual(negEntropy, 1e-6);
      assertGreater(negEntropy, -Math.log(values.length) - 1e-5);
      assertEquals(softmax(Float32Array.from(values)), distribution);
    }),
  );
});
