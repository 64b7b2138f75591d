/** Properties of dParallel's sampler that its training relies on. */
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { FAKE_SPEC, fakeModel, hashedLogits } from "./_fake_model.ts";
import { runDecode } from "./decode.ts";
import { dparallelDream, dparallelLlada } from "./entropy_threshold.ts";
import { lladaVanilla } from "./llada_vanilla.ts";
import type { DecodeStep } from "./types.ts";

const PROMPT = Int32Array.of(1, 2, 3);
const BLOCK = 4, LENGTH = 16;
const options = { maxNewTokens: LENGTH, blockSize: BLOCK };
const makers = [dparallelLlada, dparallelDream] as const;

const blockOf = (position: number) =>
  Math.floor((position - PROMPT.length) / BLOCK);

function decodeAt(
  make: typeof makers[number],
  seed: number,
  entropyThreshold: number,
) {
  const model = fakeModel(hashedLogits(seed, FAKE_SPEC));
  return runDecode(model, make({ ...options, entropyThreshold }), PROMPT);
}

const written = ({ fills }: DecodeStep) => fills.length;

Deno.test("at threshold -1 a decode takes exactly as many passes as there are positions, at an unbounded one as many as blocks", async () => {
  for (const make of makers) {
    for (let seed = 0; seed < 10; seed++) {
      const one = await decodeAt(make, seed, -1);
      assertEquals(one.steps.map(written), new Array(LENGTH).fill(1));
      const all = await decodeAt(make, seed, 1e9);
      assertEquals(
        all.steps.map(written),
        new Array(LENGTH / BLOCK).fill(BLOCK),
      );
    }
  }
});

Deno.test("whatever the threshold, passes write in the first unfinished block alone, and there are at least as many as blocks", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.nat(500),
      fc.double({ min: 0, max: 3, noNaN: true }),
      fc.constantFrom(...makers),
      async (seed, threshold, make) => {
        const { steps } = await decodeAt(make, seed, threshold);
        assert(steps.length >= LENGTH / BLOCK && steps.length <= LENGTH);
        const masks = new Array(LENGTH / BLOCK).fill(BLOCK);
        for (const { fills } of steps) {
          const open = masks.findIndex((count) => count > 0);
          assert(fills.length >= 1);
          assert(fills.every(({ position }) => blockOf(position) === open));
          masks[open] -= fills.length;
          const past = fills.filter(({ score }) => score > threshold);
          assert(past.length === 0 || fills.length === 1);
        }
        assertEquals(new Set(masks), new Set([0]));
      },
    ),
    { numRuns: 60 },
  );
});

Deno.test("a higher threshold never takes more passes on the first block", async () => {
  for (const make of makers) {
    for (let seed = 0; seed < 20; seed++) {
      const first = await Promise.all(
        [0.5, 1, 1.5, 2].map(async (threshold) =>
          (await decodeAt(make, seed, threshold)).steps[0]!.fills.length
        ),
      );
      assertEquals(first, first.toSorted((a, b) => a - b));
    }
  }
});

Deno.test("LLaDA's quota of one token per step is greedy low-confidence remasking", async () => {
  for (let seed = 0; seed < 10; seed++) {
    const model = fakeModel(hashedLogits(seed, FAKE_SPEC));
    const decoder = lladaVanilla({ ...options, steps: LENGTH });
    const { steps } = await runDecode(model, decoder, PROMPT);
    const session = model.open();
    const tokens = new Int32Array(PROMPT.length + LENGTH).fill(
      FAKE_SPEC.maskId,
    );
    tokens.set(PROMPT);
    for (const { fills } of steps) {
      const open = tokens.indexOf(FAKE_SPEC.maskId);
      const start = PROMPT.length + BLOCK * blockOf(open);
      const masked = Array.from({ length: BLOCK }, (_, i) => start + i)
        .filter((position) => tokens[position] === FAKE_SPEC.maskId);
      const { branches: [found] } = await session.forward({
        ...model.requests.at(-1)!,
        branches: [{ start: 0, tokens, predict: Int32Array.from(masked) }],
      });
      const best = found!.probability.reduce(
        (best, p, i, all) => p > all[best]! ? i : best,
        0,
      );
      assertEquals(
        fills.map(({ position, token }) => [position, token]),
        [[masked[best]!, found!.tokens[best]!]],
      );
      tokens[masked[best]!] = found!.tokens[best]!;
    }
    session.close();
  }
});
