/** A trace is a pure function of model, prompt, decoder and seed: the same bytes, whatever drew them. */
import { assertEquals, assertGreater } from "@std/assert";
import fc from "fast-check";
import { nativeTest } from "../engine/_fixture.ts";
import {
  DTYPES,
  observe,
  openDevice,
  promptOf,
  type TinyCase,
  tinyCasesOf,
  withModel,
} from "./_exactness.ts";
import {
  type DecoderChoice,
  decoderChoices,
  decodersOf,
} from "./_exactness_decoders.ts";
import { decoderNames } from "./registry.ts";
import { resultLine, stepLine, traceText } from "./trace_writer.ts";
import type { Trace } from "./trace_types.ts";

/** What was decoded, without the header, which names the seed. */
const stepsText = ({ steps, result }: Trace) =>
  [...steps.map(stepLine), resultLine(result)].join("");

/** Traces of all decoders of a case, on a device and a model of their own. */
async function tracesOf(
  given: TinyCase,
  choice: DecoderChoice,
  { dtype }: { readonly dtype: "f32" | "bf16" },
): Promise<Trace[]> {
  using device = await openDevice();
  return await withModel(given, { device, dtype }, async (model) => {
    const traces = [];
    for (const decoder of decodersOf(given.shape.family, choice)) {
      traces.push((await observe(model, decoder, promptOf(given))).trace);
    }
    return traces;
  });
}

for (const dtype of DTYPES) {
  nativeTest(
    `every decoder: same seed = same trace bytes, another seed another trace where tokens are drawn (${dtype})`,
    async () => {
      const moved = new Map<string, number>();
      await fc.assert(
        fc.asyncProperty(
          tinyCasesOf("dream", "llada", "qwen2"),
          decoderChoices,
          async (given, choice) => {
            const first = await tracesOf(given, choice, { dtype });
            const second = await tracesOf(given, choice, { dtype });
            assertEquals(second.map(traceText), first.map(traceText));
            const other = { ...choice, seed: choice.seed + 1 };
            const third = await tracesOf(given, other, { dtype });
            third.forEach((trace, i) => {
              const { name } = trace.header.decoder;
              const differs = stepsText(trace) !== stepsText(first[i]!);
              if (!draws(trace)) assertEquals(differs, false);
              moved.set(name, (moved.get(name) ?? 0) + Number(differs));
            });
          },
        ),
        { seed: 8, numRuns: 20 },
      );
      for (const name of [...decoderNames(), "lopa-canvas"]) {
        assertGreater(moved.get(name) ?? 0, 2, `the seed is lost on ${name}`);
      }
    },
  );
}

/** Whether a decode depends on random numbers. */
function draws({ header }: Trace): boolean {
  const { temperature, algorithm, remasking } = header.decoder.options;
  return temperature !== 0 || algorithm === "origin" || remasking === "random";
}
