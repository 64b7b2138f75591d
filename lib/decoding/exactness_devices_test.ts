/** Neither the cache of a block-causal decode nor the number of threads shows in what is decoded, bit for bit. */
import { assertEquals, assertGreater } from "@std/assert";
import fc from "fast-check";
import { nativeTest } from "../engine/_fixture.ts";
import type { Device } from "../engine/mod.ts";
import { SHAPES } from "../model/random_model.ts";
import {
  blockOptions,
  branchOptions,
  Coverage,
  DTYPES,
  observe,
  openDevice,
  promptOf,
  tinyCases,
  withModel,
} from "./_exactness.ts";
import { uncached } from "./_exactness_sessions.ts";
import { d2f } from "./d2f.ts";
import { lopa } from "./lopa.ts";
import type { Trace } from "./trace_types.ts";

/** All that a trace says but the positions computed, which are what a cache saves. */
const withoutCost = ({ steps, result }: Trace) => ({
  steps: steps.map(({ positions: _, ...step }) => step),
  result,
});

const computed = ({ steps }: Trace) =>
  steps.reduce((sum, { positions }) => sum + positions, 0);

for (const dtype of DTYPES) {
  nativeTest(
    `d2f and lopa: block-causal cached = uncached, bit for bit (${dtype})`,
    async () => {
      using device = await openDevice();
      const coverage = new Coverage();
      let saved = 0;
      await fc.assert(
        fc.asyncProperty(
          tinyCases,
          blockOptions,
          branchOptions,
          (given, block, branches) =>
            withModel(given, { device, dtype }, async (model) => {
              const visibility = "block-causal" as const;
              for (
                const decoder of [
                  d2f({ ...block, visibility }),
                  lopa({ ...block, ...branches, visibility }),
                ]
              ) {
                const prompt = promptOf(given);
                const cached = await observe(model, decoder, prompt);
                const whole = await observe(uncached(model), decoder, prompt);
                assertEquals(
                  whole.predictions.map(({ branches }) => branches),
                  cached.predictions.map(({ branches }) => branches),
                );
                assertEquals(
                  withoutCost(whole.trace),
                  withoutCost(cached.trace),
                );
                saved += computed(whole.trace) - computed(cached.trace);
                coverage.add(cached.trace);
              }
            }),
        ),
        { seed: 3, numRuns: 40 },
      );
      assertGreater(saved, 1000, "hardly anything was cached");
      coverage.check("threshold", "forced", "branched", "accepted", "cached");
    },
  );

  nativeTest(
    `lopa: one thread = two, bit for bit (${dtype})`,
    async () => {
      using one = await openDevice({ threads: 1 });
      using two = await openDevice({ threads: 2 });
      const coverage = new Coverage();
      await fc.assert(
        fc.asyncProperty(
          tinyCases,
          blockOptions,
          branchOptions,
          async (given, block, branches) => {
            const decoder = lopa({ ...block, ...branches });
            const [first, second] = await Promise.all(
              [one, two].map((device) =>
                withModel(
                  given,
                  { device, dtype },
                  (model) => observe(model, decoder, promptOf(given)),
                )
              ),
            );
            assertEquals(second, first);
            coverage.add(first!.trace);
          },
        ),
        { seed: 4, numRuns: 30 },
      );
      coverage.check("threshold", "forced", "branched", "accepted", "cached");
    },
  );

  nativeTest(
    `lopa: one thread = two where every product is shared out, bit for bit (${dtype})`,
    async () => {
      using one = await openDevice({ threads: 1 });
      using two = await openDevice({ threads: 2 });
      const given = {
        shape: SHAPES.small,
        weights: { seed: 7, sharpness: 3 },
      };
      const decoder = lopa({
        maxNewTokens: 64,
        blockSize: 8,
        lookaheads: 5,
        confidenceThreshold: 0.4,
      });
      const prompt = Int32Array.of(5, 17, 300, 8);
      const run = (device: Device) =>
        withModel(
          given,
          { device, dtype },
          (model) => observe(model, decoder, prompt),
        );
      const first = await run(one);
      assertEquals(await run(two), first);
      const coverage = new Coverage();
      coverage.add(first.trace);
      coverage.check("threshold", "branched");
      assertGreater(coverage.counts.accepted, 3);
    },
  );
}
