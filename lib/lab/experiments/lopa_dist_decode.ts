/**
 * One timed decode: every step, and the whole request as a client sees it.
 *
 * @module
 */
import { runDecode, type StepTiming } from "../../decoding/decode.ts";
import { counterUniforms } from "../../decoding/random.ts";
import type { Trace } from "../../decoding/trace_types.ts";
import type { Decoder } from "../../decoding/types.ts";
import type { Tokenizer } from "../../model/tokenizer.ts";
import type { DiffusionModel } from "../../model/types.ts";
import { answerText } from "../generate.ts";

/** Text to ids and back. */
export type TextCodec = Pick<Tokenizer, "encode" | "decode" | "bosId"> & {
  readonly digest: string;
};

/** A timed decode. */
export interface TimedDecode {
  /** With a timing of every step and, as step 0, of the request from text to text. */
  readonly trace: Trace;
  /** The answer up to its first end-of-sequence token. */
  readonly text: string;
}

/** Decodes a prompt, and times it. Throws what tokenizer, decoder and model throw, and the signal's reason. */
export async function timedDecode(
  model: DiffusionModel,
  decoder: Decoder,
  options: {
    readonly prompt: string;
    readonly tokenizer: TextCodec;
    readonly sample: number;
    readonly signal: AbortSignal;
  },
): Promise<TimedDecode> {
  const { prompt, tokenizer, sample, signal } = options;
  const timings: StepTiming[] = [];
  const began = performance.now();
  const ids = tokenizer.encode(prompt, { bos: tokenizer.bosId !== null });
  const { maxNewTokens } = decoder.options;
  const { steps, result } = await runDecode(model, decoder, ids, {
    signal,
    onTiming: (timing) => timings.push(timing),
    ...(typeof maxNewTokens === "number"
      ? { maxPositions: ids.length + maxNewTokens }
      : {}),
  });
  const text = answerText(result.ids, tokenizer, model.spec);
  const wallMs = performance.now() - began;
  const header = {
    decoder: { name: decoder.name, options: decoder.options },
    model: model.spec,
    vocabulary: { digest: tokenizer.digest },
    stopStrings: [],
    prompt: { text: prompt, ids: [...ids] },
    ...{ sample, seed: null },
  };
  return {
    trace: {
      ...{ header, steps, result },
      timings: [{ step: 0, wallMs }, ...timings],
    },
    text,
  };
}

/** Text of made-up ids, for models with random weights: ids as words, `"3 17 4"`. */
export function idCodec(digest: string): TextCodec {
  return {
    ...{ bosId: null, digest },
    encode: (text) => Int32Array.from(text.split(" "), Number),
    decode: (ids) => Array.from(ids).join(" "),
  };
}

/** Seed of made-up prompts. */
export const PROMPT_IDS_SEED = 7;

/** A made-up prompt of `length` ids below `below`. */
export function madeUpPrompt(
  sample: number,
  { length, below }: { readonly length: number; readonly below: number },
): string {
  const uniform = counterUniforms(PROMPT_IDS_SEED, { sample });
  return Array.from({ length }, (_, position) => {
    const key = { round: 0, branch: 0, position, purpose: "prompt" };
    return Math.floor(uniform(key) * below);
  }).join(" ");
}
