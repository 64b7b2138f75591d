import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  FAKE_SPEC,
  fakeModel,
  hashedLogits,
  peakedLogits,
} from "./_fake_model.ts";
import { runDecode } from "./decode.ts";
import { lladaVanilla } from "./llada_vanilla.ts";
import { recordedUniforms } from "./random.ts";
import type { DecodeStep } from "./types.ts";

const PROMPT = Int32Array.of(1, 2);
const HASHED = fakeModel(hashedLogits(8, FAKE_SPEC));
const EOS = FAKE_SPEC.eosId;

const positions = (step: DecodeStep): number[] =>
  step.fills.map(({ position }) => position);

Deno.test("lladaVanilla fills blocks from left to right by the quota table", async () => {
  const decoder = lladaVanilla({ maxNewTokens: 10, blockSize: 5, steps: 4 });
  const { steps, result } = await runDecode(HASHED, decoder, PROMPT);
  assertEquals(steps.map(({ quota }) => quota), [3, 2, 3, 2]);
  assertEquals(steps.map(({ block }) => block), [0, 0, 1, 1]);
  assert(steps.slice(0, 2).flatMap(positions).every((p) => p < 7));
  assert(steps.slice(2).flatMap(positions).every((p) => p >= 7));
  assertEquals(result.ids.includes(FAKE_SPEC.maskId), false);
});

Deno.test("lladaVanilla writes the most probable tokens and scores them by raw probability", async () => {
  const model = fakeModel((position) =>
    peakedLogits(position, 0.3 + 0.1 * position)
  );
  const decoder = lladaVanilla({ maxNewTokens: 4, blockSize: 4, steps: 2 });
  const { steps } = await runDecode(model, decoder, PROMPT);
  assertEquals(steps.map(positions), [[4, 5], [2, 3]]);
  const [fill] = steps[0]!.fills;
  assertEquals([fill?.token, fill?.kind], [4, "quota"]);
  assertEquals(fill?.score, fill?.probability);
  assertEquals(model.requests[0]!.sampling.confidenceFrom, "raw");
});

Deno.test("lladaVanilla takes all steps of a full block unless told to stop", async () => {
  const options = { maxNewTokens: 4, blockSize: 2, steps: 6 };
  const all = await runDecode(HASHED, lladaVanilla(options), PROMPT);
  assertEquals(all.steps.map(({ fills }) => fills.length), [1, 1, 0, 1, 1, 0]);
  const early = await runDecode(
    HASHED,
    lladaVanilla({ ...options, stopWhenFull: true }),
    PROMPT,
  );
  assertEquals(early.steps.map(({ fills }) => fills.length), [1, 1, 1, 1]);
  assertEquals(early.result.ids, all.result.ids);
});

Deno.test("lladaVanilla with random remasking ranks by the recorded uniforms", async () => {
  const decoder = lladaVanilla(
    { maxNewTokens: 3, blockSize: 3, steps: 3, remasking: "random" },
    {
      uniforms: recordedUniforms([[0.2, 0.9, 0.5], [0.7, 0.1], [0.4]], {
        purpose: "confidence",
      }),
    },
  );
  const { steps } = await runDecode(HASHED, decoder, PROMPT);
  assertEquals(steps.map(positions), [[3], [2], [4]]);
  assertEquals(steps.map(({ fills }) => fills[0]?.score), [0.9, 0.7, 0.4]);
});

Deno.test("lladaVanilla barEos never writes EOS", async () => {
  const model = fakeModel(() => peakedLogits(EOS, 0.9));
  const options = { maxNewTokens: 2, blockSize: 2 };
  const free = await runDecode(model, lladaVanilla(options), PROMPT);
  assertEquals([...free.result.ids], [EOS, EOS]);
  const barred = await runDecode(
    model,
    lladaVanilla({ ...options, barEos: true }),
    PROMPT,
  );
  assertEquals(barred.result.ids.includes(EOS), false);
});

Deno.test("lladaVanilla lateEos writes EOS and end-of-turn only when nothing else is left", async () => {
  const tokens = [EOS, 3, 7, 4];
  const model = fakeModel((position) =>
    peakedLogits(tokens[position - 2]!, 0.9 - 0.1 * (position - 2))
  );
  const options = { maxNewTokens: 4, blockSize: 4 };
  const order = async (more: object): Promise<number[]> => {
    const decoder = lladaVanilla({ ...options, ...more });
    return (await runDecode(model, decoder, PROMPT)).steps.flatMap(positions);
  };
  assertEquals(await order({}), [2, 3, 4, 5]);
  assertEquals(await order({ lateEos: true }), [3, 4, 5, 2]);
  assertEquals(await order({ lateEos: true, eotId: 7 }), [3, 5, 2, 4]);
});

Deno.test("lladaVanilla names blocks that do not divide length or steps", () => {
  assertThrows(
    () => lladaVanilla({ maxNewTokens: 10, blockSize: 4 }),
    RangeError,
    "maxNewTokens is 10 and blockSize 4",
  );
  assertThrows(
    () => lladaVanilla({ maxNewTokens: 8, blockSize: 4, steps: 3 }),
    RangeError,
    "steps is 3 and there are 2 blocks",
  );
});
