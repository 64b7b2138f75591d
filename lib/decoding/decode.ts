/**
 * The driver: one loop that puts a decoder's requests to a model and hands on its steps.
 *
 * @module
 */
import type { DiffusionModel, Predictions } from "../model/types.ts";
import { beginForward, type PendingForward } from "./forwards.ts";
import type { Decoder, DecodeResult, DecodeStep } from "./types.ts";

/** Times of one step. They belong to the driver: a decoder has no clock. */
export interface StepTiming {
  /** 1-based index of the step, as in its record. */
  readonly step: number;
  /**
   * From putting the request to the model until the decoder's next request or result, in milliseconds. With `overlap` this
   * includes what handing on the step before took longer than the forward.
   */
  readonly wallMs: number;
  /** Of these, inside the native library; absent where there is none. */
  readonly nativeMs?: number;
}

/** Options of {@linkcode decode}. */
export interface DecodeOptions {
  /** Ends the decode before the next forward, by throwing the signal's reason. */
  readonly signal?: AbortSignal;
  /**
   * Whether a step is handed on while the next forward is under way, so that writing traces, turning ids into text, metrics and
   * progress take no time of the devices. Steps come in the same order with the same content. Default: whether forwards leave
   * this thread free, as several devices do.
   */
  readonly overlap?: boolean;
  /** Called after each forward, before its step is handed on. */
  readonly onTiming?: (timing: StepTiming) => void;
  /** Longest sequence the session must hold; default the model's own limit. */
  readonly maxPositions?: number;
}

/**
 * Decodes one prompt, step by step: `for await (const step of decode(model, decoder, prompt)) ...`. The generator's return value
 * is the result; {@linkcode runDecode} gives both. The session is closed however the loop ends, once no forward is under way.
 *
 * @param prompt Token ids, `[P]`.
 * @throws What the decoder, the model, `onTiming` or the signal throw; in a loop, at the step where it happens.
 *
 * @example Steps as they happen
 * ```ts
 * import { d2f, decode, toyModel, toyPrompt } from "dllm-lab";
 *
 * const toy = { seed: 1, promptLength: 9 };
 * const decoder = d2f({ blockSize: 8, maxNewTokens: 16 });
 * let written = 0;
 * for await (const step of decode(toyModel(toy), decoder, toyPrompt(toy))) {
 *   written += step.fills.length;
 * }
 * if (written !== 16) throw new Error("every position is written once");
 * ```
 */
export async function* decode(
  model: DiffusionModel,
  decoder: Decoder,
  prompt: Int32Array,
  options: DecodeOptions = {},
): AsyncGenerator<DecodeStep, DecodeResult> {
  const { signal, onTiming, maxPositions } = options;
  signal?.throwIfAborted();
  let { state, request, result } = decoder.start(prompt, model.spec);
  const session = model.open(
    maxPositions === undefined ? {} : { maxPositions },
  );
  const overlap = options.overlap ?? session.concurrent ?? false;
  let ahead: PendingForward | null = null;
  try {
    while (request !== undefined) {
      signal?.throwIfAborted();
      const began: number = ahead?.began ?? performance.now();
      const predictions: Predictions =
        await (ahead?.answer ?? session.forward(request));
      ahead = null;
      const transition = decoder.next(state, predictions);
      const wallMs = performance.now() - began;
      ({ state, request, result } = transition);
      const { step } = transition;
      if (step === undefined) continue;
      if (overlap && request !== undefined && !signal?.aborted) {
        ahead = await beginForward(session, request);
      }
      onTiming?.(timingOf(step, predictions, wallMs));
      yield step;
    }
  } finally {
    await ahead?.answer.catch(() => {}); // its taker has gone
    session.close();
  }
  if (result === undefined) {
    throw new TypeError(
      `decoder "${decoder.name}" gave neither a request nor a result; a transition must carry one of them`,
    );
  }
  return result;
}

function timingOf(
  { index: step }: DecodeStep,
  { nativeMs }: Predictions,
  wallMs: number,
): StepTiming {
  return nativeMs === undefined ? { step, wallMs } : { step, wallMs, nativeMs };
}

/** All steps of a decode and its result. */
export interface CompleteDecode {
  /** Records of the steps, in order. */
  readonly steps: readonly DecodeStep[];
  /** How the decode ended. */
  readonly result: DecodeResult;
}

/** Runs a decode to its end. Throws as {@linkcode decode}. */
export async function runDecode(
  model: DiffusionModel,
  decoder: Decoder,
  prompt: Int32Array,
  options: DecodeOptions = {},
): Promise<CompleteDecode> {
  const run = decode(model, decoder, prompt, options);
  const steps: DecodeStep[] = [];
  while (true) {
    const { done, value } = await run.next();
    if (done) return { steps, result: value };
    steps.push(value);
  }
}
