import { assert, assertEquals, assertLess, assertRejects } from "@std/assert";
import fc from "fast-check";
import { nativeTest } from "../engine/_fixture.ts";
import { Device } from "../engine/mod.ts";
import { NativeModel } from "../model/native_model.ts";
import { randomSource, SHAPES } from "../model/random_model.ts";
import { FAKE_SPEC, fakeModel, hashedLogits } from "./_fake_model.ts";
import { settledForwards } from "./answer_progress.ts";
import { runDecode } from "./decode.ts";
import { dparallelDream, dparallelLlada } from "./entropy_threshold.ts";
import { DecodeError } from "./errors.ts";
import { lladaVanilla } from "./llada_vanilla.ts";
import { decodeLockstep, type LockstepJob } from "./lockstep.ts";
import type { Decoder } from "./types.ts";

const LENGTH = 16;

function jobs(decoder: Decoder, lengths: readonly number[]): LockstepJob[] {
  return lengths.map((length, i) => ({
    decoder,
    maxNewTokens: LENGTH,
    prompt: Int32Array.from({ length }, (_, at) => (3 * i + at) % 10),
  }));
}

const options = { maxNewTokens: LENGTH, blockSize: 4 };

Deno.test("decodes in lockstep are those of each prompt alone, at any width", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.nat(1000),
      fc.integer({ min: 1, max: 5 }),
      fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 7 }),
      fc.constantFrom(
        dparallelLlada({ ...options, entropyThreshold: 1.5 }),
        lladaVanilla(options),
      ),
      async (seed, width, lengths, decoder) => {
        const model = fakeModel(hashedLogits(seed, FAKE_SPEC));
        const all = jobs(decoder, lengths);
        const order: number[] = [];
        const found = await decodeLockstep(model, all, {
          width,
          onDone: (job) => order.push(job),
        });
        assertEquals(model.openSessions(), 0);
        assertEquals(order.toSorted(), [...all.keys()]);
        for (const [i, { prompt }] of all.entries()) {
          const alone = await runDecode(model, decoder, prompt);
          assertEquals(found[i]!.steps, alone.steps);
          assertEquals(found[i]!.forwards, alone.result.forwards);
          const ids = [...alone.result.ids];
          const end = ids.indexOf(FAKE_SPEC.eosId);
          const answer = end < 0 ? ids : ids.slice(0, end + 1);
          assertEquals([...found[i]!.answer], answer);
          assertEquals(
            found[i]!.settledAt,
            settledForwards(alone.steps, {
              promptLength: prompt.length,
              eosId: FAKE_SPEC.eosId,
            }),
          );
        }
      },
    ),
    { numRuns: 40 },
  );
});

Deno.test("settling gives the same answers in fewer forwards", async () => {
  const decoder = dparallelLlada({ ...options, entropyThreshold: -1 });
  // The end of sequence is likelier the later the position.
  const model = fakeModel((position) => {
    const logits = new Float32Array(FAKE_SPEC.vocabSize);
    logits[position % 7] = 3;
    logits[FAKE_SPEC.eosId] = position - 6;
    return logits;
  });
  const all = jobs(decoder, [2, 3, 5]);
  const whole = await decodeLockstep(model, all);
  const settled = await decodeLockstep(model, all, { settle: true });
  whole.forEach((outcome, i) => {
    assertEquals(settled[i]!.answer, outcome.answer);
    assertEquals(settled[i]!.forwards, outcome.settledAt);
    assertLess(settled[i]!.forwards, LENGTH);
    assertEquals(outcome.forwards, LENGTH);
  });
});

Deno.test("decoders that use the cache, or differ in sampling, are refused by name", async () => {
  const model = fakeModel(hashedLogits(1, FAKE_SPEC));
  const cached = dparallelLlada({ ...options, cache: "dual" });
  await assertRejects(
    () => decodeLockstep(model, jobs(cached, [2, 3])),
    DecodeError,
    "wants the cache",
  );
  const [one] = jobs(lladaVanilla(options), [2]);
  const [two] = jobs(lladaVanilla({ ...options, temperature: 0.5 }), [2]);
  await assertRejects(
    () => decodeLockstep(model, [one!, two!]),
    DecodeError,
    "different sampling",
  );
  assertEquals(model.openSessions(), 0);
  await assertRejects(
    () => decodeLockstep(model, [one!], { width: 0 }),
    RangeError,
    "the width is 0",
  );
});

nativeTest("a native model gives bit for bit what it gives alone", async () => {
  await using device = await Device.open({ threads: 2 });
  using model = await NativeModel.create(randomSource(SHAPES.tiny), {
    device,
    dtype: "bf16",
  });
  const decoder = dparallelDream({ ...options, entropyThreshold: 2 });
  const all = jobs(decoder, [3, 7, 12, 4, 9]);
  const found = await decodeLockstep(model, all, { width: 3 });
  for (const [i, { prompt }] of all.entries()) {
    const { steps } = await runDecode(model, decoder, prompt);
    assertEquals(found[i]!.steps, steps);
  }
  assert(found.every(({ forwards }) => forwards >= 4));
});
