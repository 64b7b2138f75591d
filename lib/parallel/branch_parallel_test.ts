/** Branches over several devices are decoded as on one, bit for bit, and all caches stay equal. */
import { assertEquals, assertGreater, assertRejects } from "@std/assert";
import fc from "fast-check";
import {
  blockOptions,
  branchOptions,
  Coverage,
  DTYPES,
  observe,
  promptOf,
  tinyCases,
  tinyCasesOf,
} from "../decoding/_exactness.ts";
import { decoderChoices, decodersOf } from "../decoding/_exactness_decoders.ts";
import { d2f } from "../decoding/d2f.ts";
import { lopa } from "../decoding/lopa.ts";
import { nativeTest } from "../engine/_fixture.ts";
import { randomSource, SHAPES } from "../model/random_model.ts";
import { comparingCaches, Devices } from "./_replicas.ts";
import { MeshError, ProtocolError } from "./errors.ts";
import { BranchParallelModel } from "./model.ts";
import { openRounds, roundRequest, roundSource } from "./round_load.ts";

const RANKS = [2, 3, 4];

/** For each protocol the visibilities it is tried with. */
const CASES = [
  { protocol: "two-phase", settled: {} },
  { protocol: "two-phase", settled: { visibility: "block-causal" } },
  { protocol: "single-phase", settled: { visibility: "block-causal" } },
] as const;

for (const dtype of DTYPES) {
  for (const { protocol, settled } of CASES) {
    const kind = "visibility" in settled ? "block-causal " : "";
    nativeTest(
      `${protocol}: ${kind}d2f and lopa over 2, 3 and 4 devices = one device, bit for bit (${dtype})`,
      async () => {
        await using devices = await Devices.open(4);
        const coverage = new Coverage();
        let compared = 0;
        await fc.assert(
          fc.asyncProperty(
            tinyCases,
            blockOptions,
            branchOptions,
            fc.constantFrom(...RANKS),
            async (given, block, branches, ranks) => {
              const source = randomSource(given.shape, given.weights);
              using single = await devices.single(source, dtype);
              await using parallel = await devices.parallel(source, {
                ranks,
                dtype,
                protocol,
              });
              const model = comparingCaches(parallel, (positions) => {
                compared += positions;
              });
              const decoders = [
                d2f({ ...block, ...settled }),
                lopa({ ...block, ...branches, ...settled }),
              ];
              for (const decoder of decoders) {
                const prompt = promptOf(given);
                const wanted = await observe(single, decoder, prompt);
                assertEquals(await observe(model, decoder, prompt), wanted);
                coverage.add(wanted.trace);
              }
            },
          ),
          { seed: 11, numRuns: 30 },
        );
        assertGreater(compared, 1000, "hardly any cache was compared");
        coverage.check("threshold", "forced", "branched", "accepted", "cached");
      },
    );
  }
}

for (const family of ["dream", "llada", "qwen2"] as const) {
  nativeTest(
    `two-phase: every decoder of ${family} over 2 devices = one device, bit for bit`,
    async () => {
      await using devices = await Devices.open(2);
      await fc.assert(
        fc.asyncProperty(
          tinyCasesOf(family),
          decoderChoices,
          async (given, choice) => {
            const source = randomSource(given.shape, given.weights);
            using single = await devices.single(source);
            await using parallel = await devices.parallel(source, {
              ranks: 2,
            });
            for (const decoder of decodersOf(family, choice)) {
              const prompt = promptOf(given);
              assertEquals(
                await observe(comparingCaches(parallel), decoder, prompt),
                await observe(single, decoder, prompt),
              );
            }
          },
        ),
        { seed: 13, numRuns: 12 },
      );
    },
  );
}

nativeTest("single-phase refuses full attention by name", async () => {
  await using devices = await Devices.open(2);
  await using model = await devices.parallel(randomSource(SHAPES.tiny), {
    ranks: 2,
    protocol: "single-phase",
  });
  await assertRejects(
    () => observe(model, lopa({ maxNewTokens: 32 }), Int32Array.of(1, 2)),
    ProtocolError,
    "only under block-causal visibility",
  );
});

nativeTest("create: a mesh that makes no sense is refused", async () => {
  const source = randomSource(SHAPES.tiny);
  await assertRejects(
    () => BranchParallelModel.create(source, { mesh: { bp: 0, tp: 1 } }),
    MeshError,
    "bp=0 given",
  );
});

nativeTest("create: devices of its own, freed with the model", async () => {
  const source = randomSource(SHAPES.tiny);
  await using model = await BranchParallelModel.create(source, {
    mesh: { bp: 2, tp: 1 },
  });
  const decoder = lopa({ lookaheads: 3, blockSize: 4, maxNewTokens: 8 });
  const { trace } = await observe(model, decoder, Int32Array.of(1, 2, 3));
  assertEquals(trace.result.ids.length, 8);
});

nativeTest("two devices work at the same time", async () => {
  await using devices = await Devices.open(2);
  await using model = await devices.parallel(roundSource(), { ranks: 2 });
  const session = await openRounds(model);
  let both = 0;
  for (let round = 0; round < 4; round++) {
    const answered = session.forward(roundRequest("plain"));
    await new Promise((resolve) => setTimeout(resolve, 0));
    if (devices.all.every(({ inFlight }) => inFlight === 1)) both++;
    await answered;
  }
  session.close();
  assertGreater(both, 0);
});
