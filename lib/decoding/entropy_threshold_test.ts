import { assertEquals, assertThrows } from "@std/assert";
import {
  FAKE_SPEC,
  fakeModel,
  hashedLogits,
  peakedLogits,
} from "./_fake_model.ts";
import { runDecode } from "./decode.ts";
import { dparallelDream, dparallelLlada } from "./entropy_threshold.ts";
import type { DecodeStep } from "./types.ts";

const PROMPT = Int32Array.of(1, 2);
const SHIFTED = { ...FAKE_SPEC, shift: true };

const positions = (step: DecodeStep): number[] =>
  step.fills.map(({ position }) => position);

/** Predicts one of two equally likely tokens (entropy ln 2) or, at listed positions, one with certainty. */
const twoWay = (certain: readonly number[], spec = FAKE_SPEC) =>
  fakeModel((position) => {
    const logits = new Float32Array(spec.vocabSize).fill(-Infinity);
    logits[4] = 0;
    if (!certain.includes(position)) logits[5] = 0;
    return logits;
  }, spec);

Deno.test("dparallel: an entropy equal to the threshold passes on LLaDA and fails on Dream", async () => {
  for (
    const [make, expected] of [
      [dparallelLlada, [[2, 3, 4]]],
      [dparallelDream, [[2], [3], [4]]],
    ] as const
  ) {
    const options = { maxNewTokens: 3, blockSize: 3 };
    const probe = make({ ...options, entropyThreshold: -1 });
    const forced = await runDecode(twoWay([2]), probe, PROMPT);
    const entropyThreshold = forced.steps[1]!.fills[0]!.score;
    const decoder = make({ ...options, entropyThreshold });
    const { steps } = await runDecode(twoWay([2]), decoder, PROMPT);
    assertEquals(steps.map(positions) as unknown, expected);
  }
});

Deno.test("dparallel writes the candidate of lowest entropy when none passes, with the entropy as score", async () => {
  const options = { maxNewTokens: 2, blockSize: 2, entropyThreshold: -1 };
  for (const make of [dparallelLlada, dparallelDream]) {
    const { steps } = await runDecode(twoWay([3]), make(options), PROMPT);
    assertEquals(steps.map(positions), [[3], [2]]);
    assertEquals(
      steps.map(({ fills }) => Number(fills[0]?.score.toFixed(5))),
      [0, 0.69315],
    );
  }
});

Deno.test("dparallel asks for the entropy of its own epsilon on the distribution without temperature", async () => {
  for (
    const [make, epsilon] of [
      [dparallelLlada, 1e-12],
      [dparallelDream, 1e-8],
    ] as const
  ) {
    const model = fakeModel(hashedLogits(2, FAKE_SPEC));
    const decoder = make({ maxNewTokens: 4, blockSize: 4, temperature: 0.7 });
    await runDecode(model, decoder, PROMPT);
    const { sampling } = model.requests[0]!;
    assertEquals(sampling.entropyEpsilon, epsilon);
    assertEquals(sampling.confidenceFrom, "raw");
    assertEquals(sampling.temperature, 0.7);
  }
});

Deno.test("dparallelLlada cached always makes a second pass and has a floor of two per block", async () => {
  const model = fakeModel(() => peakedLogits(3, 0.999));
  const options = { maxNewTokens: 8, blockSize: 4, cache: "prefix" } as const;
  const { steps } = await runDecode(model, dparallelLlada(options), PROMPT);
  assertEquals(steps.map(({ fills }) => fills.length), [4, 0, 4, 0]);
});

Deno.test("dparallelLlada without a threshold writes its quota by entropy, and needs a cache", async () => {
  const options = {
    maxNewTokens: 4,
    blockSize: 4,
    steps: 2,
    entropyThreshold: null,
  };
  const decoder = dparallelLlada({ ...options, cache: "dual" });
  const { steps } = await runDecode(twoWay([3, 5]), decoder, PROMPT);
  assertEquals(steps.map(positions), [[3, 5], [2, 4]]);
  assertEquals(steps.map(({ quota }) => quota), [2, 2]);
  assertEquals(steps[1]?.fills[0]?.score.toFixed(5), "0.69315");
  assertThrows(
    () => dparallelLlada(options),
    RangeError,
    "entropyThreshold is null and cache is none",
  );
});

Deno.test("dparallelDream cached writes a block's first position freely, then by entropy", async () => {
  for (const cache of ["prefix", "dual"] as const) {
    const options = { maxNewTokens: 4, blockSize: 4, cache };
    const model = twoWay([3, 5], SHIFTED);
    const { steps } = await runDecode(model, dparallelDream(options), PROMPT);
    assertEquals(steps.map(positions), [[2], [3, 5], [4]]);
    assertEquals(
      steps.map(({ fills }) => fills[0]?.kind),
      ["free", "threshold", "forced"],
    );
  }
});
