import {
  assert,
  assertEquals,
  assertLess,
  assertLessOrEqual,
} from "@std/assert";
import fc from "fast-check";
import {
  FAKE_SPEC,
  type FakeModel,
  fakeModel,
  hashedLogits,
} from "./_fake_model.ts";
import { type CompleteDecode, runDecode } from "./decode.ts";
import { createDecoder } from "./registry.ts";
import type { DecodeStep, Transition } from "./types.ts";

/** Blocks, prompt and options of a random decode. */
interface Case {
  readonly seed: number;
  readonly prompt: number[];
  readonly blocks: number;
  readonly blockSize: number;
  readonly temperature: number;
  readonly threshold: number;
  readonly cache: "none" | "prefix" | "dual";
}

const cases: fc.Arbitrary<Case> = fc.record({
  seed: fc.nat(1e6),
  prompt: fc.array(fc.nat(10), { minLength: 1, maxLength: 5 }),
  blocks: fc.integer({ min: 1, max: 3 }),
  blockSize: fc.integer({ min: 1, max: 5 }),
  temperature: fc.constantFrom(0, 0.8),
  threshold: fc.constantFrom(0, 0.3, 0.6, 2),
  cache: fc.constantFrom("none", "prefix", "dual"),
});

/** Options of every sampler for a case. A Dream block cannot go without a cache. */
const SAMPLERS: Readonly<Record<string, (given: Case) => object>> = {
  "dream-vanilla": (given) => ({ steps: 2 * given.blocks }),
  "llada-vanilla": (given) => ({ blockSize: given.blockSize }),
  "fast-dllm-llada": ({ blockSize, threshold, cache }) => ({
    blockSize,
    threshold,
    cache,
  }),
  "fast-dllm-dream": ({ blockSize, threshold, cache }) => ({
    blockSize,
    threshold,
    cache: cache === "none" ? "prefix" : cache,
  }),
  "fast-dllm-dream-canvas": ({ blocks, threshold }) => ({
    steps: blocks,
    threshold,
  }),
  "dparallel-llada": ({ blockSize, threshold, cache }) => ({
    blockSize,
    entropyThreshold: 2 - threshold,
    cache,
  }),
  "dparallel-dream": ({ blockSize, threshold, cache }) => ({
    blockSize,
    entropyThreshold: 2 - threshold,
    cache,
  }),
};

function decoderFor(name: string, given: Case) {
  const { seed, temperature, blocks, blockSize } = given;
  return createDecoder({
    name,
    options: {
      maxNewTokens: blocks * blockSize,
      temperature,
      seed,
      ...SAMPLERS[name]!(given),
    },
  });
}

function modelFor(name: string, { seed }: Case): FakeModel {
  const dream = name.includes("dream");
  const spec = { ...FAKE_SPEC, shift: dream };
  return fakeModel(hashedLogits(seed, spec), spec);
}

async function decodeCase(name: string, given: Case): Promise<CompleteDecode> {
  const model = modelFor(name, given);
  const prompt = Int32Array.from(given.prompt);
  const run = await runDecode(model, decoderFor(name, given), prompt);
  assertEquals(model.openSessions(), 0);
  for (const { branches } of model.requests) {
    const { start, tokens } = branches[0]!;
    const seen = tokens.subarray(0, Math.max(0, prompt.length - start));
    assertEquals([...seen], [...prompt.subarray(start)], "prompt modified");
  }
  return run;
}

const written = (steps: readonly DecodeStep[]) =>
  steps.flatMap(({ fills }) => fills);

for (const name of Object.keys(SAMPLERS)) {
  Deno.test(`${name} writes every position once, masks never grow, and no mask is left`, async () => {
    await fc.assert(
      fc.asyncProperty(cases, async (given) => {
        const { steps, result } = await decodeCase(name, given);
        const length = given.blocks * given.blockSize;
        const order = written(steps).map(({ position }) => position);
        assertEquals(
          order.toSorted((a, b) => a - b),
          Array.from({ length }, (_, i) => given.prompt.length + i),
        );
        for (const { position, token } of written(steps)) {
          assertEquals(result.ids[position - given.prompt.length], token);
        }
        assertEquals(result.ids.includes(FAKE_SPEC.maskId), false);
        assertEquals(result.forwards, steps.length);
        assertEquals(
          steps.map(({ index }) => index),
          [...steps.keys()].map((i) => i + 1),
        );
      }),
      { numRuns: 40 },
    );
  });

  Deno.test(`${name} is a pure function: same seed, same decode; asking twice changes nothing`, async () => {
    await fc.assert(
      fc.asyncProperty(cases, async (given) => {
        const first = await decodeCase(name, given);
        assertEquals(await decodeCase(name, given), first);
        const again = await decodeTwice(name, given);
        assertEquals(again, first.steps);
      }),
      { numRuns: 15 },
    );
  });
}

/** Steps of a decode in which every transition is computed twice, the first time for nothing. */
async function decodeTwice(name: string, given: Case): Promise<DecodeStep[]> {
  const model = modelFor(name, given);
  const decoder = decoderFor(name, given);
  const session = model.open();
  const steps: DecodeStep[] = [];
  const prompt = Int32Array.from(given.prompt);
  let now: Transition<unknown> = decoder.start(prompt, model.spec);
  while (now.request !== undefined) {
    const predictions = await session.forward(now.request);
    decoder.next(now.state, predictions);
    now = decoder.next(now.state, predictions);
    steps.push(now.step!);
  }
  session.close();
  return steps;
}

/** Samplers that write at least one token in every pass but those over full blocks. */
const PROGRESSING = Object.keys(SAMPLERS).filter((name) =>
  name !== "dream-vanilla"
);

for (const name of PROGRESSING) {
  Deno.test(`${name} writes at least one token whenever it predicts any`, async () => {
    await fc.assert(
      fc.asyncProperty(cases, async (given) => {
        const { steps } = await decodeCase(name, given);
        const empty = steps.filter(({ fills }) => fills.length === 0);
        // Only the second pass over a block that its first pass filled.
        assertLessOrEqual(empty.length, given.blocks);
        for (const { pass, window } of empty) {
          assertEquals(pass, "cached");
          assertLess(given.prompt.length - 1, window.start);
        }
      }),
      { numRuns: 40 },
    );
  });
}

const NEVER_PASSES: Readonly<Record<string, object>> = {
  "fast-dllm-llada": { threshold: 2 },
  "fast-dllm-dream": { threshold: 2 },
  "fast-dllm-dream-canvas": { threshold: 2 },
  "dparallel-llada": { entropyThreshold: -1 },
  "dparallel-dream": { entropyThreshold: -1 },
};

for (const [name, unreachable] of Object.entries(NEVER_PASSES)) {
  Deno.test(`${name} with a threshold that nothing passes writes one token per step`, async () => {
    await fc.assert(
      fc.asyncProperty(cases, async (given) => {
        const decoder = decoderFor(name, given);
        const model = modelFor(name, given);
        const { steps } = await runDecode(
          model,
          createDecoder({
            name,
            options: { ...decoder.options, ...unreachable },
          }),
          Int32Array.from(given.prompt),
        );
        // A block of one position is full after the first pass, and cached blocks make a second.
        const counts = steps.map(({ fills }) => fills.length);
        assert(
          counts.every((n) => n === 1 || (n === 0 && given.blockSize === 1)),
        );
        assert(
          written(steps).every(({ kind }) =>
            kind === "forced" || kind === "free"
          ),
        );
      }),
      { numRuns: 30 },
    );
  });
}

Deno.test("fast-dllm-llada threshold 2 without cache decodes as the quota of one token per step", async () => {
  await fc.assert(
    fc.asyncProperty(cases, async (given) => {
      const bare = {
        ...given,
        cache: "none",
        threshold: 2,
        temperature: 0,
      } as const;
      const threshold = await decodeCase("fast-dllm-llada", bare);
      const quota = await decodeCase("llada-vanilla", bare);
      assertEquals(threshold.result.ids, quota.result.ids);
      assertEquals(
        written(threshold.steps).map(({ position }) => position),
        written(quota.steps).map(({ position }) => position),
      );
    }),
    { numRuns: 30 },
  );
});
