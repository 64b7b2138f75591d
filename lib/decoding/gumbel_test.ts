import { assertAlmostEquals, assertEquals, assertLess } from "@std/assert";
import { gumbelNoise } from "./gumbel.ts";
import { counterUniforms } from "./random.ts";

Deno.test("gumbelNoise is exp(z) over (-ln u) to the temperature", () => {
  const noisy = gumbelNoise([0, 1, -2], [Math.exp(-4), 0.5, Math.exp(-1)], {
    temperature: 0.5,
  });
  assertAlmostEquals(noisy[0]!, 0.5, 1e-12);
  assertAlmostEquals(noisy[1]!, Math.E / Math.sqrt(Math.LN2), 1e-12);
  assertAlmostEquals(noisy[2]!, Math.exp(-2), 1e-12);
});

Deno.test("gumbelNoise at temperature 0 is the logits", () => {
  assertEquals([...gumbelNoise([3, -1], [], { temperature: 0 })], [3, -1]);
});

Deno.test("gumbelNoise has its maximum at an id with the probability of softmax(z / T) (chi-square)", () => {
  const logits = [0.3, -0.4, 1.1, 0];
  const temperature = 0.6;
  const weights = logits.map((z) => Math.exp(z / temperature));
  const total = weights.reduce((sum, weight) => sum + weight);
  const source = counterUniforms(5);
  const counts = logits.map(() => 0);
  const draws = 20_000;
  for (let round = 0; round < draws; round++) {
    const uniforms = logits.map((_, position) =>
      source({ round, branch: 0, position, purpose: "gumbel" })
    );
    const noisy = gumbelNoise(logits, uniforms, { temperature });
    const best = noisy.indexOf(Math.max(...noisy));
    counts[best] = counts[best]! + 1;
  }
  const chiSquare = counts.reduce((sum, count, id) => {
    const expected = draws * weights[id]! / total;
    return sum + (count - expected) ** 2 / expected;
  }, 0);
  // 3 degrees of freedom: 16.3 is the 0.999 quantile.
  assertLess(chiSquare, 16.3);
});
