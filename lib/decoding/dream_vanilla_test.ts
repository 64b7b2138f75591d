import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertNotEquals,
} from "@std/assert";
import {
  FAKE_SPEC,
  fakeModel,
  hashedLogits,
  peakedLogits,
} from "./_fake_model.ts";
import { runDecode } from "./decode.ts";
import { dreamVanilla } from "./dream_vanilla.ts";
import { recordedUniforms } from "./random.ts";
import type { DecodeStep } from "./types.ts";

const PROMPT = Int32Array.of(1, 2);
const HASHED = fakeModel(hashedLogits(3, FAKE_SPEC));

const positions = (step: DecodeStep): number[] =>
  step.fills.map(({ position }) => position);

Deno.test("dreamVanilla with as many steps as tokens writes none first and two last", async () => {
  const decoder = dreamVanilla({ maxNewTokens: 6 });
  const { steps, result } = await runDecode(HASHED, decoder, PROMPT);
  assertEquals(steps.map(({ quota }) => quota), [0, 1, 1, 1, 1, 2]);
  assertEquals(steps.map(({ masked }) => masked), [6, 6, 5, 4, 3, 2]);
  assertEquals(steps.map(({ fills }) => fills.length), [0, 1, 1, 1, 1, 2]);
  assertEquals(result.forwards, 6);
});

Deno.test("dreamVanilla ranks by the score of its algorithm", async () => {
  // Position 2 has the largest probability, 3 the largest margin, 4 the lowest entropy.
  const rows: Record<number, number[]> = {
    2: [0.5, 0.45, 0.05],
    3: [0.4, 0.2, 0.2, 0.2],
    4: [0.49, 0.49, 0.02],
  };
  const model = fakeModel((position) => {
    const logits = new Float32Array(FAKE_SPEC.vocabSize).fill(-Infinity);
    rows[position]!.forEach((p, id) => logits[id] = Math.log(p));
    return logits;
  });
  for (
    const [algorithm, best] of [
      ["maskgit_plus", 2],
      ["topk_margin", 3],
      ["entropy", 4],
    ] as const
  ) {
    const decoder = dreamVanilla({ maxNewTokens: 3, steps: 2, algorithm });
    const { steps } = await runDecode(model, decoder, PROMPT);
    assertEquals(positions(steps[0]!), [best], algorithm);
  }
});

Deno.test("dreamVanilla origin fills exactly where the uniform is below the probability", async () => {
  const uniforms = [[0.9, 0.1, 0.6, 0.3], [0.8, 0.999]];
  const decoder = dreamVanilla(
    { maxNewTokens: 4, steps: 2, algorithm: "origin", epsilon: 1e-3 },
    { uniforms: recordedUniforms(uniforms) },
  );
  const { steps, result } = await runDecode(HASHED, decoder, PROMPT);
  assertEquals(steps.map(positions), [[3, 5], [2, 4]]);
  assertEquals(steps.map((step) => step.uniforms), uniforms);
  assertAlmostEquals(steps[0]?.transferProbability ?? NaN, 0.4995, 1e-7);
  assertEquals(steps[1]?.transferProbability, 1);
  assert(
    steps.every(({ fills }) => fills.every(({ kind }) => kind === "random")),
  );
  assertEquals(result.ids.includes(FAKE_SPEC.maskId), false);
});

Deno.test("dreamVanilla makes all its forwards even when nothing is left to fill", async () => {
  const decoder = dreamVanilla(
    { maxNewTokens: 2, steps: 3, algorithm: "origin" },
    { uniforms: recordedUniforms([[0, 0], [], []]) },
  );
  const { steps } = await runDecode(HASHED, decoder, PROMPT);
  assertEquals(steps.map(({ fills }) => fills.length), [2, 0, 0]);
});

Deno.test("dreamVanilla with a rank temperature draws positions, the same ones for the same seed", async () => {
  const order = async (seed: number): Promise<string> => {
    const decoder = dreamVanilla({
      maxNewTokens: 12,
      steps: 6,
      rankTemperature: 5,
      seed,
    });
    const { steps } = await runDecode(HASHED, decoder, PROMPT);
    return steps.map(positions).join("|");
  };
  assertEquals(await order(1), await order(1));
  assertNotEquals(await order(1), await order(2));
});

Deno.test("dreamVanilla bars MASK by default and can leave it, as the reference may", async () => {
  const greedyForMask = fakeModel(() => peakedLogits(FAKE_SPEC.maskId, 0.9));
  const barred = await runDecode(
    greedyForMask,
    dreamVanilla({ maxNewTokens: 4, steps: 2 }),
    PROMPT,
  );
  assertEquals([...barred.result.ids], [0, 0, 0, 0]);
  const parity = await runDecode(
    greedyForMask,
    dreamVanilla({ maxNewTokens: 4, steps: 2, barMask: false }),
    PROMPT,
  );
  assertEquals(parity.steps.map(({ fills }) => fills.length), [0, 0]);
  assertEquals([...parity.result.ids], [11, 11, 11, 11]);
});

Deno.test("dreamVanilla asks for confidences after temperature and filters", async () => {
  const model = fakeModel(hashedLogits(4, FAKE_SPEC));
  const decoder = dreamVanilla({
    maxNewTokens: 3,
    steps: 1,
    temperature: 0.5,
    topP: 0.9,
    topK: 4,
    confidenceDtype: "bf16",
  });
  await runDecode(model, decoder, PROMPT);
  assertEquals(model.requests[0]!.sampling, {
    temperature: 0.5,
    topP: 0.9,
    topK: 4,
    confidenceFrom: "filtered",
    confidenceDtype: "bf16",
    entropyEpsilon: 1e-10,
    barred: [FAKE_SPEC.maskId],
  });
  assertEquals(model.requests[0]!.branches[0]!.uniforms?.length, 3);
});
