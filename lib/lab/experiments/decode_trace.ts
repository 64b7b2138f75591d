/**
 * One decode as a trace.
 *
 * @module
 */
import { runDecode } from "../../decoding/decode.ts";
import { createDecoder } from "../../decoding/registry.ts";
import type { Trace } from "../../decoding/trace_types.ts";
import type { DecoderData } from "./methods.ts";
import type { OpenTinyModel } from "./tiny_models.ts";

/**
 * Decodes `prompt`, sample number `sample` of its run, and gives the trace, without times, so that the same decode gives the
 * same trace. Throws the signal's reason when aborted.
 */
export async function decodeTrace(
  { model, tokenizer }: OpenTinyModel,
  data: DecoderData,
  options: {
    readonly prompt: string;
    readonly sample: number;
    readonly signal: AbortSignal;
  },
): Promise<Trace> {
  const { prompt, sample, signal } = options;
  const decoder = createDecoder(data);
  const ids = tokenizer.encode(prompt, { bos: true });
  const { steps, result } = await runDecode(model, decoder, ids, { signal });
  const strings = Array.from(
    { length: tokenizer.size },
    (_, id) => tokenizer.display(id),
  );
  const header = {
    decoder: { name: decoder.name, options: decoder.options },
    model: model.spec,
    vocabulary: { strings },
    stopStrings: [],
    prompt: { text: prompt, ids: [...ids] },
    sample,
    seed: null,
  };
  return { header, steps, result, timings: [] };
}

/** Text of a trace's answer up to the first end token. */
export function answerOf({ header, result }: Trace): string {
  const ids = [...result.ids];
  const end = ids.indexOf(header.model.eosId);
  return ids.slice(0, end < 0 ? ids.length : end)
    .map((id) => tokenText(header, id)).join("");
}

/** Text of one id. */
export function tokenText({ vocabulary }: Trace["header"], id: number): string {
  return "strings" in vocabulary ? vocabulary.strings[id] ?? "" : "";
}
