import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { FAKE_SPEC, fakeModel, hashedLogits } from "../decoding/_fake_model.ts";
import { runDecode } from "../decoding/decode.ts";
import { createDecoder, decoderNames } from "../decoding/registry.ts";
import { replay } from "../decoding/replay.ts";
import { parseTrace } from "../decoding/trace_reader.ts";
import type { Trace } from "../decoding/trace_types.ts";
import { traceText } from "../decoding/trace_writer.ts";
import type { ModelSpec } from "../model/types.ts";
import { countSample } from "./counts.ts";
import { measure } from "./metrics.ts";

const PROMPT = [1, 2, 3];

/** Options that every decoder takes, some of them drawing numbers. */
function optionsOf(name: string, seed: number): Record<string, unknown> {
  const wholeCanvas = ["dream-vanilla", "fast-dllm-dream-canvas"];
  const blocks = [...wholeCanvas, "autoregressive"].includes(name)
    ? {}
    : { blockSize: 4 };
  const steps = /vanilla|fast-dllm/.test(name) ? { steps: 4 } : {};
  return { maxNewTokens: 8, temperature: 0.7, seed, ...blocks, ...steps };
}

function specFor(name: string): ModelSpec {
  if (/llada/.test(name)) return FAKE_SPEC;
  return name === "autoregressive"
    ? { ...FAKE_SPEC, family: "qwen2", shift: true, maskId: null }
    : { ...FAKE_SPEC, family: "dream", shift: true };
}

async function decodeOnce(name: string, seed: number): Promise<Trace> {
  const spec = specFor(name);
  const model = fakeModel(hashedLogits(seed, FAKE_SPEC), spec);
  const decoder = createDecoder({ name, options: optionsOf(name, seed) });
  const { steps, result } = await runDecode(
    model,
    decoder,
    Int32Array.from(PROMPT),
  );
  return {
    header: {
      decoder: { name, options: decoder.options },
      model: model.spec,
      vocabulary: { digest: "none" },
      stopStrings: [],
      prompt: { text: null, ids: PROMPT },
      sample: 0,
      seed,
    },
    steps,
    result,
    timings: [],
  };
}

for (const name of decoderNames()) {
  Deno.test(`replay = run for ${name}: same seed same bytes, same metrics from the written trace, canvas equal to the result`, async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: 1000 }), async (seed) => {
        const trace = await decodeOnce(name, seed);
        const text = traceText(trace);
        assertEquals(traceText(await decodeOnce(name, seed)), text);
        const read = parseTrace(text);
        assertEquals(measure([read]), measure([trace]));
        const canvas = [...replay(read)].at(-1)!.canvas;
        assertEquals([...canvas.subarray(PROMPT.length)], [
          ...trace.result.ids,
        ]);
        const { fills, accepted, canvas: written } = countSample(trace);
        assert(fills + accepted === written, `${fills} + ${accepted}`);
      }),
      { numRuns: 15, seed: 21 },
    );
  });
}
