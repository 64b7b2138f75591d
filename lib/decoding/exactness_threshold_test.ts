/** A threshold that no probability exceeds leaves one token per step: what exactly, by decoder. */
import { assert, assertEquals, assertGreater } from "@std/assert";
import fc from "fast-check";
import { nativeTest } from "../engine/_fixture.ts";
import {
  blockOptions,
  branchOptions,
  DTYPES,
  observe,
  openDevice,
  promptOf,
  tinyCases,
  withModel,
} from "./_exactness.ts";
import { d2f } from "./d2f.ts";
import { fastDllmLlada } from "./fast_dllm_llada.ts";
import { lladaVanilla } from "./llada_vanilla.ts";
import { lopa } from "./lopa.ts";
import { lopaCanvas } from "./lopa_canvas.ts";
import type { BlockRecord, DecodeStep } from "./types.ts";

const UNREACHABLE = { confidenceThreshold: 1.01 };

/** Blocks that a step filled, one entry per token. */
function filledBlocks({ fills, blocks }: DecodeStep): BlockRecord[] {
  return fills.map(({ position }) =>
    blocks!.find(({ start, end }) => position >= start && position < end)!
  );
}

for (const dtype of DTYPES) {
  nativeTest(
    `d2f and lopa: threshold above 1 = one forced token per activated block and step (${dtype})`,
    async () => {
      using device = await openDevice();
      let several = 0;
      await fc.assert(
        fc.asyncProperty(
          tinyCases,
          blockOptions,
          branchOptions,
          (given, block, branches) =>
            withModel(given, { device, dtype }, async (model) => {
              for (
                const decoder of [
                  d2f({ ...block, ...UNREACHABLE }),
                  lopa({ ...block, ...branches, ...UNREACHABLE }),
                ]
              ) {
                const { trace } = await observe(
                  model,
                  decoder,
                  promptOf(given),
                );
                for (const step of trace.steps) {
                  const filled = filledBlocks(step);
                  const { masks } = step.branches[step.winner]!;
                  assert(step.fills.every(({ kind }) => kind === "forced"));
                  assertEquals(step.fallbacks, filled.length);
                  assertEquals(new Set(filled).size, filled.length);
                  assert(filled.every(({ activated }) => activated));
                  assertEquals(filled.length > 0, masks > 0);
                  several += step.fills.length > 1 ? 1 : 0;
                }
              }
            }),
        ),
        { seed: 5, numRuns: 20 },
      );
      assertGreater(several, 20, "hardly any step filled several blocks");
    },
  );

  nativeTest(
    `d2f, and lopa without lookaheads: threshold above 1 in one block at a time = one token per step (${dtype})`,
    async () => {
      using device = await openDevice();
      await fc.assert(
        fc.asyncProperty(
          tinyCases,
          blockOptions,
          (given, block) =>
            withModel(given, { device, dtype }, async (model) => {
              const options = { ...block, ...UNREACHABLE, addThreshold: 1 };
              for (
                const decoder of [
                  d2f(options),
                  lopa({ ...options, lookaheads: 0 }),
                ]
              ) {
                const { trace } = await observe(
                  model,
                  decoder,
                  promptOf(given),
                );
                assert(trace.steps.every(({ fills }) => fills.length === 1));
                assertEquals(trace.steps.length, trace.result.ids.length);
              }
            }),
        ),
        { seed: 6, numRuns: 20 },
      );
    },
  );

  nativeTest(
    `llada-vanilla with one token per step = fast-dllm-llada and lopa on a canvas with a threshold above 1, bit for bit (${dtype})`,
    async () => {
      using device = await openDevice();
      await fc.assert(
        fc.asyncProperty(
          tinyCases,
          fc.integer({ min: 1, max: 4 }),
          fc.integer({ min: 1, max: 6 }),
          (given, blocks, blockSize) =>
            withModel(
              { ...given, shape: { ...given.shape, family: "llada" } },
              { device, dtype },
              async (model) => {
                const sizes = { maxNewTokens: blocks * blockSize, blockSize };
                const runs = [];
                for (
                  const decoder of [
                    lladaVanilla(sizes),
                    fastDllmLlada({ ...sizes, threshold: 1.01 }),
                    lopaCanvas({ ...sizes, ...UNREACHABLE, lookaheads: 0 }),
                  ]
                ) {
                  const run = await observe(model, decoder, promptOf(given));
                  assert(
                    run.trace.steps.every(({ fills }) => fills.length === 1),
                  );
                  runs.push({
                    ids: run.trace.result.ids,
                    fills: run.trace.steps.flatMap(({ fills }) =>
                      fills.map(({ kind: _, ...fill }) => fill)
                    ),
                  });
                }
                assertEquals(runs[1], runs[0]);
                assertEquals(runs[2], runs[0]);
              },
            ),
        ),
        { seed: 7, numRuns: 25 },
      );
    },
  );
}
