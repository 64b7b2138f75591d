/**
 * One decode as a trace.
 *
 * @module
 */
import { runDecode } from "../../decoding/decode.ts";
import type { Trace } from "../../decoding/trace_types.ts";
import type { Decoder } from "../../decoding/types.ts";
import type { OpenTinyModel } from "./tiny_models.ts";
import { encodePrompt } from "./toy_vocabulary.ts";

/** Decodes `prompt`, sample number `sample` of its run, and gives the trace. Throws the signal's reason when aborted. */
export async function decodeTrace(
  { model, vocabulary }: OpenTinyModel,
  decoder: Decoder,
  options: {
    readonly prompt: string;
    readonly sample: number;
    readonly signal: AbortSignal;
  },
): Promise<Trace> {
  const { prompt, sample, signal } = options;
  const ids = encodePrompt(prompt, vocabulary);
  const { steps, result } = await runDecode(model, decoder, ids, { signal });
  const header = {
    decoder: { name: decoder.name, options: decoder.options },
    model: model.spec,
    vocabulary: { strings: vocabulary.strings },
    stopStrings: [],
    prompt: { text: prompt, ids: [...ids] },
    sample,
    seed: null,
  };
  return { header, steps, result, timings: [] };
}
