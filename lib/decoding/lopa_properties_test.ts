/** What holds for every D2F and LoPA decode, on random toys and options. */
import {
  assert,
  assertEquals,
  assertGreaterOrEqual,
  assertLess,
  assertNotEquals,
} from "@std/assert";
import fc from "fast-check";
import type { DiffusionModel } from "../model/types.ts";
import { d2f, type D2fOptions } from "./d2f.ts";
import { lopa } from "./lopa.ts";
import type { LopaOptions } from "./lopa_options.ts";
import {
  TOY_SPEC,
  toyModel,
  type ToyModelOptions,
  toyPrompt,
} from "./toy_model.ts";
import { runDecoder, type ToyRun } from "./toy_run.ts";

const toys: fc.Arbitrary<ToyModelOptions> = fc.record({
  seed: fc.nat(1e6),
  promptLength: fc.integer({ min: 1, max: 10 }),
  eosAt: fc.option(fc.nat(20), { nil: null }),
  shift: fc.boolean(),
});
const share = fc.double({ min: 0, max: 1, noNaN: true });
const blockOptions = fc.record({
  blockSize: fc.integer({ min: 1, max: 8 }),
  maxNewTokens: fc.integer({ min: 8, max: 30 }),
  addThreshold: share,
  activateThreshold: share,
  confidenceThreshold: share,
  strategy: fc.constantFrom(
    "probability" as const,
    "margin" as const,
    "negEntropy" as const,
  ),
  visibility: fc.constantFrom("full" as const, "block-causal" as const),
  temperature: fc.constantFrom(0, 0.7),
  seed: fc.nat(1e6),
  confidenceDtype: fc.constantFrom("f32" as const, "bf16" as const),
});
const branchOptions = fc.record({
  lookaheads: fc.nat(5),
  branchTopP: share,
  creationWeight: share,
  branchVerification: fc.boolean(),
  branchCompetition: fc.boolean(),
  forceAnchor: fc.boolean(),
  variant: fc.constantFrom(
    "dream" as const,
    "diffucoder" as const,
    "nv" as const,
  ),
});

const input = (
  toy: ToyModelOptions,
): { model: DiffusionModel; prompt: Int32Array } => ({
  model: toyModel(toy),
  prompt: toyPrompt(toy),
});
const runLopa = (toy: ToyModelOptions, options: LopaOptions) =>
  runDecoder(lopa(options), input(toy));
const runD2f = (toy: ToyModelOptions, options: D2fOptions) =>
  runDecoder(d2f(options), input(toy));
const RUNS = { numRuns: 60 };

/** Properties of any decode in which MASK is barred. */
function checkRun(
  { requests, steps, result }: ToyRun,
  { prompt, options }: { prompt: Int32Array; options: D2fOptions },
): void {
  const canvas = [...prompt, ...result.ids];
  assert(!result.ids.includes(TOY_SPEC.maskId));
  assertEquals(result.ids.length % options.blockSize!, 0);
  assertGreaterOrEqual(options.maxNewTokens!, result.ids.length);
  const written = steps.flatMap((
    { fills, accepted },
  ) => [...fills, ...(accepted === undefined ? [] : [accepted])]);
  for (const { position, token } of written) {
    assertEquals(canvas[position], token);
  }
  assertEquals(
    written.map(({ position }) => position).toSorted((a, b) => a - b),
    [...result.ids.keys()].map((i) => i + prompt.length),
  );
  requests.forEach(({ cached, branches, commitRows }, i) => {
    const end = cached[0]?.end ?? 0;
    assertEquals(steps[i]!.cached, end);
    for (const { start, tokens } of branches) {
      assertEquals(start, end);
      assertEquals(
        [...tokens.subarray(0, commitRows)],
        canvas.slice(end, end + commitRows),
      );
    }
    if (i === 0) assertEquals(commitRows, prompt.length);
  });
  assertEquals(result.forwards, steps.length);
  assertEquals(
    result.branchForwards,
    steps.reduce((sum, step) => sum + step.branches.length, 0),
  );
}

Deno.test("lopa: every position is written once, the prompt never, and what is cached stays as it is", async () => {
  await fc.assert(
    fc.asyncProperty(
      toys,
      blockOptions,
      branchOptions,
      async (toy, block, branches) => {
        const run = await runLopa(toy, { ...block, ...branches });
        checkRun(run, { prompt: toyPrompt(toy), options: block });
        for (const step of run.steps) {
          assertGreaterOrEqual(
            branches.lookaheads + 1,
            step.branches.length - (step.branches[0]!.anchor ? 1 : 0),
          );
        }
      },
    ),
    RUNS,
  );
});

Deno.test("d2f: every position is written once, the prompt never, and what is cached stays as it is", async () => {
  await fc.assert(
    fc.asyncProperty(toys, blockOptions, async (toy, block) => {
      checkRun(await runD2f(toy, block), {
        prompt: toyPrompt(toy),
        options: block,
      });
    }),
    RUNS,
  );
});

Deno.test("lopa: with no lookaheads it is d2f, request for request and fill for fill", async () => {
  await fc.assert(
    fc.asyncProperty(toys, blockOptions, async (toy, options) => {
      const [branched, single] = [
        await runLopa(toy, { ...options, lookaheads: 0 }),
        await runD2f(toy, options),
      ];
      assertEquals(branched.requests, single.requests);
      assertEquals(
        branched.steps.map(({ fills }) => fills),
        single.steps.map(({ fills }) => fills),
      );
      assertEquals(
        branched.steps.map(({ blocks }) => blocks),
        single.steps.map(({ blocks }) => blocks),
      );
      assertEquals(branched.result, single.result);
    }),
    RUNS,
  );
});

Deno.test("lopa: forceAnchor computes lookaheads for nothing and decodes as d2f", async () => {
  await fc.assert(
    fc.asyncProperty(
      toys,
      blockOptions,
      fc.integer({ min: 1, max: 4 }),
      async (toy, block, lookaheads) => {
        const options = { ...block, temperature: 0 };
        const forced = await runLopa(toy, {
          ...options,
          lookaheads,
          forceAnchor: true,
        });
        assertEquals(
          forced.result.ids,
          (await runD2f(toy, options)).result.ids,
        );
      },
    ),
    RUNS,
  );
});

Deno.test("d2f: above a threshold of 1 each activated block forces one token per step", async () => {
  await fc.assert(
    fc.asyncProperty(toys, blockOptions, async (toy, block) => {
      const run = await runD2f(toy, { ...block, confidenceThreshold: 1.5 });
      run.steps.forEach(({ fills, fallbacks }, i) => {
        assertEquals(fills.every(({ kind }) => kind === "forced"), true);
        assertEquals(fallbacks, fills.length);
        const blocks = new Set(
          fills.map(({ position }) =>
            Math.floor((position - toy.promptLength) / block.blockSize)
          ),
        );
        assertEquals([blocks.size, i], [fills.length, i]);
      });
      const alone = await runD2f(toy, {
        ...block,
        confidenceThreshold: 1.5,
        addThreshold: 1,
      });
      assertEquals(alone.steps.every(({ fills }) => fills.length === 1), true);
    }),
    RUNS,
  );
});

Deno.test("d2f and lopa: moves are pure, the same answer to the same state gives the same move", async () => {
  await fc.assert(
    fc.asyncProperty(
      toys,
      blockOptions,
      branchOptions,
      async (toy, block, branches) => {
        const { model, prompt } = input(toy);
        for (const decoder of [lopa({ ...block, ...branches }), d2f(block)]) {
          const session = model.open();
          let move = decoder.start(prompt, model.spec);
          while (move.request !== undefined) {
            const before = structuredClone(move.state);
            const predictions = await session.forward(move.request);
            const [first, second] = [
              decoder.next(move.state as never, predictions),
              decoder.next(move.state as never, predictions),
            ];
            assertEquals(first, second);
            assertEquals(structuredClone(move.state), before);
            move = first;
          }
        }
      },
    ),
    { numRuns: 20 },
  );
});

Deno.test("lopa: the same seed decodes the same, another one otherwise, at a temperature above 0", async () => {
  const toy = { seed: 3, promptLength: 5 };
  const options = {
    maxNewTokens: 32,
    blockSize: 8,
    temperature: 1,
    lookaheads: 2,
  };
  const first = await runLopa(toy, { ...options, seed: 11 });
  assertEquals(
    (await runLopa(toy, { ...options, seed: 11 })).steps,
    first.steps,
  );
  assertNotEquals(
    (await runLopa(toy, { ...options, seed: 12 })).result.ids,
    first.result.ids,
  );
});

Deno.test("lopa: one draw per row and round serves scoring, filling and spawning", async () => {
  const toy = { seed: 3, promptLength: 5 };
  const asked: string[] = [];
  const uniforms = (
    key: { round: number; branch: number; position: number; purpose: string },
  ) => {
    asked.push(`${key.round}/${key.branch}/${key.position}/${key.purpose}`);
    return 0.5;
  };
  const run = await runDecoder(
    lopa({ maxNewTokens: 16, blockSize: 8, temperature: 1, lookaheads: 2 }, {
      uniforms,
    }),
    input(toy),
  );
  assertEquals(new Set(asked).size, asked.length);
  assertEquals(
    asked.length,
    run.requests.reduce(
      (sum, { branches }) =>
        sum + branches.reduce((n, b) => n + b.predict.length, 0),
      0,
    ),
  );
});

Deno.test("lopa: lookaheads save rounds on the toy", async () => {
  const toy = { seed: 1, promptLength: 9 };
  const options = { maxNewTokens: 48, blockSize: 8 };
  assertLess(
    (await runLopa(toy, { ...options, lookaheads: 7 })).result.forwards,
    (await runD2f(toy, options)).result.forwards,
  );
});
