import {
  assert,
  assertEquals,
  assertNotEquals,
  assertRejects,
  assertThrows,
} from "@std/assert";
import fc from "fast-check";
import { nativeTest } from "../engine/_fixture.ts";
import { confidence } from "../model/confidence.ts";
import { randomSource } from "../model/random_model.ts";
import { ReferenceModel } from "../model/reference_model.ts";
import type { DiffusionModel } from "../model/types.ts";
import {
  DTYPES,
  observe,
  openDevice,
  promptOf,
  type TinyCase,
  tinyCasesOf,
  withModel,
} from "./_exactness.ts";
import { uncached } from "./_exactness_sessions.ts";
import { autoregressive } from "./autoregressive.ts";
import { runDecode } from "./decode.ts";
import { DecodeError } from "./errors.ts";
import { counterUniforms } from "./random.ts";
import { GREEDY } from "../model/greedy.ts";
import { createDecoder, decoderNames } from "./registry.ts";
import { replay, replayResult } from "./replay.ts";
import { toyModel, toyPrompt } from "./toy_model.ts";
import { traceText } from "./trace_writer.ts";

const cases = tinyCasesOf("qwen2");
const options = fc.record({
  maxNewTokens: fc.integer({ min: 1, max: 20 }),
  temperature: fc.constantFrom(0, 0.7, 1.3),
  topP: fc.constantFrom(null, 0.8),
  topK: fc.constantFrom(null, 4),
  seed: fc.nat(1e6),
});

const reference = ({ shape, weights }: Pick<TinyCase, "shape" | "weights">) =>
  new ReferenceModel(randomSource(shape, weights));

/** Logits of the token after `ids`, from a fresh session and without a cache. */
async function nextLogits(
  model: DiffusionModel,
  ids: readonly number[],
): Promise<Float32Array> {
  const session = model.open();
  const predict = Int32Array.of(ids.length);
  const { branches } = await session.forward({
    cache: [],
    cached: [],
    branches: [{ start: 0, tokens: Int32Array.from(ids), predict }],
    commitRows: 0,
    visibility: { kind: "causal" },
    sampling: GREEDY,
    logits: true,
  });
  session.close();
  return branches[0]!.logits!;
}

Deno.test("autoregressive decodes as a plain loop over the reference model: argmax, or one draw per position", async () => {
  let stopped = 0, drawn = 0;
  await fc.assert(
    fc.asyncProperty(cases, options, async (given, option) => {
      const model = reference(given);
      const prompt = promptOf(given);
      const { result, steps } = await runDecode(
        model,
        autoregressive(option),
        prompt,
      );
      const ids = [...prompt];
      const uniforms = counterUniforms(option.seed);
      const sampling = { ...GREEDY, ...option };
      for (let round = 1; round <= option.maxNewTokens; round++) {
        const logits = await nextLogits(model, ids);
        const position = ids.length;
        const uniform = uniforms({
          round,
          branch: 0,
          position,
          purpose: "token",
        });
        const { token } = confidence(logits, sampling, { uniform });
        ids.push(token);
        if (token === model.spec.eosId) break;
      }
      const answer = ids.slice(prompt.length);
      assertEquals([...result.ids], answer);
      assertEquals(result.forwards, answer.length);
      assert(steps.every(({ fills }) => fills.length === 1));
      stopped += Number(answer.length < option.maxNewTokens);
      drawn += Number(option.temperature > 0);
    }),
    { seed: 5, numRuns: 40 },
  );
  assert(stopped > 3 && drawn > 10, `${stopped} stopped, ${drawn} drawn`);
});

for (const dtype of DTYPES) {
  nativeTest(
    `autoregressive: with its cache = without any, bit for bit, and replay = run (${dtype})`,
    async () => {
      using device = await openDevice();
      await fc.assert(
        fc.asyncProperty(
          cases,
          options,
          (given, option) =>
            withModel(given, { device, dtype }, async (model) => {
              const prompt = promptOf(given);
              const decoder = autoregressive(option);
              const cached = await observe(model, decoder, prompt);
              const bare = await observe(uncached(model), decoder, prompt);
              assertEquals(
                bare.predictions.map(({ branches }) => branches),
                cached.predictions.map(({ branches }) => branches),
              );
              const { trace } = cached;
              assertEquals(bare.trace.result, trace.result);
              assertEquals([...replayResult(trace)], [
                ...prompt,
                ...trace.result.ids,
              ]);
              const again = await observe(
                model,
                autoregressive(option),
                prompt,
              );
              assertEquals(traceText(again.trace), traceText(trace));
            }),
        ),
        { seed: 6, numRuns: 30 },
      );
    },
  );
}

nativeTest(
  "autoregressive: the native engine writes what the reference model writes",
  async () => {
    using device = await openDevice();
    let same = 0;
    await fc.assert(
      fc.asyncProperty(
        cases,
        (given) =>
          withModel(given, { device, dtype: "f32" }, async (model) => {
            const prompt = promptOf(given);
            const decoder = autoregressive({ maxNewTokens: 12 });
            const native = await runDecode(model, decoder, prompt);
            const plain = await runDecode(reference(given), decoder, prompt);
            same += Number(
              String(native.result.ids) === String(plain.result.ids),
            );
          }),
      ),
      { seed: 7, numRuns: 30 },
    );
    // A near tie of two logits may fall either way.
    assert(same >= 29, `only ${same} of 30 decodes agree`);
  },
);

const CASE: TinyCase = {
  shape: {
    family: "qwen2",
    hiddenSize: 32,
    layers: 2,
    heads: 4,
    kvHeads: 2,
    mlpSize: 48,
    vocabSize: 30,
    maxPositions: 64,
  },
  weights: { seed: 3, sharpness: 3 },
  prompt: [4, 9, 2, 7, 7],
};

Deno.test("autoregressive: the prompt once, then one position per forward behind the cache", async () => {
  const decoder = autoregressive({ maxNewTokens: 8, stopId: 29 });
  const { trace } = await observe(reference(CASE), decoder, promptOf(CASE));
  const windows = trace.steps.map(({ window, cached, positions }) => [
    window.start,
    window.length,
    cached,
    positions,
  ]);
  const written = trace.result.ids.length;
  assertEquals(
    windows,
    Array.from(
      { length: written },
      (_, i) => i === 0 ? [0, 5, 0, 5] : [4 + i, 1, 4 + i, 1],
    ),
  );
  const first = replay(trace).next().value!.canvas;
  assertEquals([...first.subarray(6)], new Array(written - 1).fill(-1));
});

Deno.test("autoregressive ends at the stop token, which it writes, and at the limit", async () => {
  const run = (stopId: number | null, maxNewTokens: number) =>
    runDecode(
      reference(CASE),
      autoregressive({ stopId, maxNewTokens }),
      promptOf(CASE),
    );
  const { ids } = (await run(null, 12)).result;
  const stopId = ids[4]!;
  const first = ids.indexOf(stopId);
  assertEquals(
    [...(await run(stopId, 12)).result.ids],
    [...ids.subarray(0, first + 1)],
  );
  assertEquals([...(await run(null, 3)).result.ids], [...ids.subarray(0, 3)]);
});

Deno.test("autoregressive: another seed draws another answer, top-k 1 none but the best", async () => {
  const run = async (option: Parameters<typeof autoregressive>[0]) => {
    const decoder = autoregressive({ maxNewTokens: 16, ...option });
    return [
      ...(await runDecode(reference(CASE), decoder, promptOf(CASE))).result.ids,
    ];
  };
  assertNotEquals(
    await run({ temperature: 1, seed: 1 }),
    await run({ temperature: 1, seed: 2 }),
  );
  assertEquals(await run({ temperature: 1, topK: 1 }), await run({}));
});

Deno.test("diffusion decoders refuse a causal model, the autoregressive one a diffusion model, both with a remedy", async () => {
  for (const name of decoderNames()) {
    const decoder = createDecoder({ name, options: { maxNewTokens: 32 } });
    const causal = name === "autoregressive";
    await assertRejects(
      () =>
        causal
          ? runDecode(toyModel(TOY), decoder, toyPrompt(TOY))
          : runDecode(reference(CASE), decoder, promptOf(CASE)),
      DecodeError,
      causal ? 'decode it with "dream-vanilla"' : '"autoregressive"',
    );
  }
  const named = createDecoder({ name: "d2f", options: { maskId: 29 } });
  await assertRejects(
    () => runDecode(reference(CASE), named, promptOf(CASE)),
    DecodeError,
    "without a mask token",
  );
});

const TOY = { seed: 1, promptLength: 9 };

Deno.test("autoregressive names wrong options and prompts", () => {
  assertThrows(
    () => autoregressive({ barMask: true } as never),
    TypeError,
    "barMask",
  );
  assertThrows(() => autoregressive({ topK: 0 }), RangeError, "topK");
  const { spec } = reference(CASE);
  const start = (...ids: number[]) => () =>
    autoregressive({ maxNewTokens: 62 }).start(Int32Array.from(ids), spec);
  assertThrows(start(), DecodeError, "no tokens");
  assertThrows(start(30), DecodeError, "id 30");
  assertThrows(start(1, 2, 3), DecodeError, "62 are to be generated");
});
