/**
 * Decoding one prompt from text to text, with the canvas shown while it fills.
 *
 * @module
 */
import { decode, type StepTiming } from "../decoding/decode.ts";
import { unwrittenId } from "../decoding/model_kind.ts";
import { createDecoder } from "../decoding/registry.ts";
import type { Trace } from "../decoding/trace_types.ts";
import { TraceWriter } from "../decoding/trace_writer.ts";
import type { DecodeStep } from "../decoding/types.ts";
import type { Tokenizer } from "../model/tokenizer.ts";
import type { DiffusionModel } from "../model/types.ts";

/** What is decoded, and who watches. */
export interface GenerateOptions {
  /** Text; a beginning-of-sequence token is put before it where the tokenizer has one. */
  readonly prompt: string;
  /** Name of the decoder. */
  readonly decoder: string;
  /** Options of the decoder, as {@linkcode createDecoder} takes them. */
  readonly options: Readonly<Record<string, unknown>>;
  /** Takes the trace line by line. */
  readonly sink?: (line: string) => void | Promise<void>;
  /** Called after each step with the answer so far. */
  readonly onStep?: (view: GenerateView) => void;
}

/** The answer after a step. */
export interface GenerateView {
  /** Record of the step. */
  readonly step: DecodeStep;
  /** Ids of the answer's canvas so far; masks (or -1 where the model has none) where nothing is written yet. */
  readonly ids: Int32Array;
  /** Indices into `ids` written by this step. */
  readonly fresh: ReadonlySet<number>;
}

/** A finished generation. */
export interface Generation {
  /** Text of the answer up to the first end-of-sequence token. */
  readonly text: string;
  /** All of the decode, timings included. */
  readonly trace: Trace;
  /** Wall-clock time of the forwards, in milliseconds. */
  readonly wallMs: number;
}

/** Keeps the answer's canvas as steps come in. */
class Answer {
  ids: Int32Array<ArrayBuffer> = new Int32Array(0);
  readonly #start: number;
  readonly #unwritten: number;

  constructor(start: number, unwritten: number) {
    this.#start = start;
    this.#unwritten = unwritten;
  }

  apply(step: DecodeStep): ReadonlySet<number> {
    const written = step.accepted === undefined
      ? step.fills
      : [step.accepted, ...step.fills];
    const ends = written.map(({ position }) => position + 1);
    const end = Math.max(step.window.start + step.window.length, ...ends);
    const length = end - this.#start;
    if (length > this.ids.length) {
      const longer = new Int32Array(length).fill(this.#unwritten);
      longer.set(this.ids);
      this.ids = longer;
    }
    const fresh = new Set<number>();
    for (const { position, token } of written) {
      this.ids[position - this.#start] = token;
      fresh.add(position - this.#start);
    }
    return fresh;
  }
}

/** Text of an answer up to its first end-of-sequence token, without special tokens. */
export function answerText(
  ids: Int32Array,
  tokenizer: Pick<Tokenizer, "decode">,
  options: { readonly eosId: number },
): string {
  const end = ids.indexOf(options.eosId);
  return tokenizer.decode(end < 0 ? ids : ids.subarray(0, end), {
    skipSpecial: true,
  });
}

/**
 * Decodes `options.prompt` with `model`. Throws what tokenizer, decoder and model throw.
 *
 * @example A question to a tiny model that ships with the kit
 * ```ts
 * import { generate, goldenDirectory, loadModel, loadTokenizer } from "dllm-lab";
 *
 * const checkpoint = `${await goldenDirectory()}/checkpoints/dream-tiny`;
 * using model = await loadModel(checkpoint);
 * const { text, trace } = await generate(model, await loadTokenizer(checkpoint), {
 *   prompt: "Q:22+10=?",
 *   decoder: "lopa",
 *   options: { maxNewTokens: 32, blockSize: 16, lookaheads: 4 },
 * });
 * console.log(text, trace.result.forwards);
 * ```
 */
export async function generate(
  model: DiffusionModel,
  tokenizer: Tokenizer,
  options: GenerateOptions,
): Promise<Generation> {
  const decoder = createDecoder({
    name: options.decoder,
    options: options.options,
  });
  const prompt = tokenizer.encode(options.prompt, {
    bos: tokenizer.bosId !== null,
  });
  const { seed, maxNewTokens } = decoder.options;
  const writer = await TraceWriter.begin({
    decoder: { name: decoder.name, options: decoder.options },
    model: model.spec,
    vocabulary: { digest: tokenizer.digest },
    stopStrings: [],
    prompt: { text: options.prompt, ids: [...prompt] },
    sample: 0,
    seed: typeof seed === "number" ? seed : null,
  }, options.sink ?? (() => {}));
  const timings: StepTiming[] = [];
  const answer = new Answer(prompt.length, unwrittenId(model.spec));
  const run = decode(model, decoder, prompt, {
    onTiming: (timing) => timings.push(timing),
    ...(typeof maxNewTokens === "number"
      ? { maxPositions: prompt.length + maxNewTokens }
      : {}),
  });
  let next = await run.next();
  while (!next.done) {
    const step = next.value;
    await writer.step(step);
    const fresh = answer.apply(step);
    options.onStep?.({ step, ids: answer.ids, fresh });
    next = await run.next();
  }
  const trace = await writer.end(next.value);
  for (const timing of timings) await writer.timing(timing);
  return {
    text: answerText(next.value.ids, tokenizer, model.spec),
    trace: { ...trace, timings },
    wallMs: timings.reduce((sum, timing) => sum + timing.wallMs, 0),
  };
}
