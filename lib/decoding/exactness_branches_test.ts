/** LoPA's branches change what is decoded only by what they say, bit for bit. */
import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { isas, nativeTest } from "../engine/_fixture.ts";
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
import { branchByBranch } from "./_exactness_sessions.ts";
import { d2f } from "./d2f.ts";
import { lopa } from "./lopa.ts";
import type { DecodeStep } from "./types.ts";

const common = (
  { index, window, cached, commitRows, positions, fills, blocks, eosSeen }:
    DecodeStep,
) => ({
  ...{ index, window, cached, commitRows },
  ...{ positions, fills, blocks, eosSeen },
});

for (const dtype of DTYPES) {
  nativeTest(
    `lopa: zero lookaheads = d2f with full attention, bit for bit (${dtype})`,
    async () => {
      using device = await openDevice();
      const coverage = new Coverage();
      await fc.assert(
        fc.asyncProperty(
          tinyCases,
          blockOptions,
          (given, options) =>
            withModel(given, { device, dtype }, async (model) => {
              const prompt = promptOf(given);
              const single = await observe(
                model,
                d2f({ ...options, visibility: "full" }),
                prompt,
              );
              const branched = await observe(
                model,
                lopa({ ...options, visibility: "full", lookaheads: 0 }),
                prompt,
              );
              assertEquals(branched.predictions, single.predictions);
              assertEquals(
                branched.trace.steps.map(common),
                single.trace.steps.map(common),
              );
              assertEquals(branched.trace.result, single.trace.result);
              coverage.add(single.trace);
            }),
        ),
        { seed: 1, numRuns: 40 },
      );
      coverage.check("threshold", "forced", "cached");
    },
  );

  for (const isa of isas) {
    nativeTest(
      `lopa: packed = branch by branch, bit for bit (${dtype}, ${isa})`,
      async () => {
        using device = await openDevice({ isa });
        const coverage = new Coverage();
        await fc.assert(
          fc.asyncProperty(
            tinyCases,
            blockOptions,
            branchOptions,
            (given, block, branches) =>
              withModel(given, { device, dtype }, async (model) => {
                const decoder = lopa({ ...block, ...branches });
                const packed = await observe(model, decoder, promptOf(given));
                assertEquals(
                  await observe(
                    branchByBranch(model),
                    decoder,
                    promptOf(given),
                  ),
                  packed,
                );
                coverage.add(packed.trace);
              }),
          ),
          { seed: 2, numRuns: 25 },
        );
        coverage.check("threshold", "forced", "branched", "accepted", "cached");
      },
    );
  }
}
