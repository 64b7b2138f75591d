import { assert, assertEquals, assertLess } from "@std/assert";
import fc from "fast-check";
import { fastDllmLlada } from "./fast_dllm_llada.ts";
import { lopaCanvas, type LopaCanvasOptions } from "./lopa_canvas.ts";
import {
  TOY_SPEC,
  toyModel,
  type ToyModelOptions,
  toyPrompt,
} from "./toy_model.ts";
import { runDecoder } from "./toy_run.ts";

const toys = fc.record({
  seed: fc.nat(1e6),
  promptLength: fc.integer({ min: 1, max: 10 }),
  shift: fc.boolean(),
});
const run = (toy: ToyModelOptions, options: LopaCanvasOptions) =>
  runDecoder(lopaCanvas(options), {
    model: toyModel(toy),
    prompt: toyPrompt(toy),
  });

Deno.test("lopaCanvas: with no lookaheads it is threshold decoding without cache, whole canvas or block by block", async () => {
  const options = fc.record({
    blocks: fc.integer({ min: 1, max: 4 }),
    threshold: fc.double({ min: 0, max: 1, noNaN: true }),
  });
  await fc.assert(
    fc.asyncProperty(toys, options, async (drawn, { blocks, threshold }) => {
      const toy = { ...drawn, shift: false };
      const blockSize = 24 / blocks;
      const shared = { maxNewTokens: 24, blockSize };
      const canvas = await run(toy, {
        ...shared,
        lookaheads: 0,
        confidenceThreshold: threshold,
      });
      const plain = await runDecoder(
        fastDllmLlada({
          ...shared,
          threshold,
          rule: "threshold",
          cache: "none",
        }),
        {
          model: toyModel(toy),
          prompt: toyPrompt(toy),
        },
      );
      const written = ({ steps }: typeof plain) =>
        steps.map(({ fills }) =>
          fills.map(({ position, token }) => [position, token])
        );
      assertEquals(written(canvas), written(plain));
      assertEquals(canvas.result.ids, plain.result.ids);
    }),
    { numRuns: 40 },
  );
});

Deno.test("lopaCanvas: every position is written once, lookaheads stay in the window, the prompt stays", async () => {
  const options = fc.record({
    lookaheads: fc.nat(4),
    blockSize: fc.option(fc.integer({ min: 1, max: 12 }), { nil: null }),
    confidenceThreshold: fc.double({ min: 0, max: 1.2, noNaN: true }),
    creationWeight: fc.double({ min: 0, max: 1, noNaN: true }),
    strategy: fc.constantFrom("probability" as const, "negEntropy" as const),
    temperature: fc.constantFrom(0, 0.8),
  });
  await fc.assert(
    fc.asyncProperty(toys, options, async (toy, more) => {
      const { steps, requests, result } = await run(toy, {
        ...more,
        maxNewTokens: 20,
      });
      assert(!result.ids.includes(TOY_SPEC.maskId));
      const canvas = [...toyPrompt(toy), ...result.ids];
      const written = steps.flatMap((
        { fills, accepted },
      ) => [...fills, ...(accepted === undefined ? [] : [accepted])]);
      for (const { position, token } of written) {
        assertEquals(canvas[position], token);
      }
      assertEquals(
        written.map(({ position }) => position).toSorted((a, b) => a - b),
        [...result.ids.keys()].map((i) => i + toy.promptLength),
      );
      for (const { block, spawned } of steps) {
        for (const { position } of spawned!) {
          if (position === null || more.blockSize === null) continue;
          assertEquals(
            Math.floor((position - toy.promptLength) / more.blockSize),
            block,
          );
        }
      }
      for (const { cached, branches } of requests) {
        assertEquals(cached, []);
        for (const { tokens } of branches) {
          assertEquals([...tokens.subarray(0, toy.promptLength)], [
            ...toyPrompt(toy),
          ]);
        }
      }
    }),
    { numRuns: 40 },
  );
});

Deno.test("lopaCanvas: lookaheads save rounds on the toy", async () => {
  const rounds = async (lookaheads: number) =>
    (await run({ seed: 1, promptLength: 9 }, { lookaheads, maxNewTokens: 48 }))
      .result.forwards;
  assertLess(await rounds(4), await rounds(0));
});
