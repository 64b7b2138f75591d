/**
 * The trace: what one decode did, as JSON Lines that need no model to be read.
 *
 * A trace is UTF-8 text, one JSON object per line, each with a `type`, in this order:
 *
 * 1. one `header` ({@linkcode TraceHeader}, preceded by `"format":"dllm-lab-trace"` and `"version":1`): decoder and its
 *    options, model, vocabulary or tokenizer digest, stop strings, prompt, sample number and seed;
 * 2. one `step` per forward pass ({@linkcode DecodeStep});
 * 3. one `result` ({@linkcode DecodeResult});
 * 4. optionally `timing` records ({@linkcode TraceTiming}), anywhere after the step that they time.
 *
 * Several traces may follow each other in one text; a new `header` begins the next.
 *
 * Keys are the names of the fields in the TypeScript types; a field that a decoder has no use for is absent. Records that
 * occur in lists are arrays instead of objects, in the order in which their type declares the fields:
 * `window` [start, length]; `branches` [id, anchor, score, masks, length]; `fills` [position, token, score, probability,
 * kind]; `accepted` [position, token]; `blocks` [start, end, masks, state, activated]; `spawned` [id, anchor, position,
 * token, confidence, eosSeen]. Booleans inside these arrays are 0 and 1.
 *
 * Numbers are written in the shortest form that reads back as the same double, negative zero as `-0`; NaN and infinities
 * cannot occur. Keys come in a fixed order, those of the decoder's options sorted. Without timings the same prompt, model,
 * decoder and seed therefore give the same bytes.
 *
 * @module
 */
import type { ModelSpec } from "../model/types.ts";
import type { DecodeResult, DecodeStep } from "./types.ts";

/** Value of the header's `format`. */
export const TRACE_FORMAT = "dllm-lab-trace";
/** Value of the header's `version` that this reader and writer speak. */
export const TRACE_VERSION = 1;

/** How token ids read as text. */
export type TraceVocabulary =
  /** The text of every id; the text of a sequence is their concatenation. */
  | { readonly strings: readonly string[] }
  /** SHA-256 of the tokenizer file that turns ids into text. */
  | { readonly digest: string };

/** What was decoded, with what, from what. */
export interface TraceHeader {
  /** The decoder by its name and complete options. */
  readonly decoder: {
    readonly name: string;
    /** The decoder's options: JSON values only. */
    readonly options: Readonly<Record<string, unknown>>;
  };
  /** The model, with its special ids and digest. */
  readonly model: ModelSpec;
  /** How its ids read as text. */
  readonly vocabulary: TraceVocabulary;
  /** Strings at which the text of the answer is cut by the task; empty where there are none. */
  readonly stopStrings: readonly string[];
  /** The prompt as text and as ids. */
  readonly prompt: {
    /** `null` where only ids were given. */
    readonly text: string | null;
    readonly ids: readonly number[];
  };
  /** Number of the sample within its run. */
  readonly sample: number;
  /** Seed of the random numbers, `null` for a decode that draws none. */
  readonly seed: number | null;
}

/** Time that something took, added by the driver. */
export interface TraceTiming {
  /**
   * Index of the step: from issuing its forward to its record. 0: the whole request as a client sees it, from before the
   * prompt is tokenised to after the text is there.
   */
  readonly step: number;
  /** Wall clock, milliseconds. */
  readonly wallMs: number;
  /** Milliseconds inside the native library, where there is one. */
  readonly nativeMs?: number;
}

/** A whole trace in memory. */
export interface Trace {
  /** What was decoded, with what, from what. */
  readonly header: TraceHeader;
  /** One record per forward, in order. */
  readonly steps: readonly DecodeStep[];
  /** How the decode ended. */
  readonly result: DecodeResult;
  /** Empty when the decode was not timed. */
  readonly timings: readonly TraceTiming[];
}

/** What is wrong with a trace: its JSON, its version, a field, the order of its records, or its end. */
export type TraceFault = "json" | "version" | "field" | "order" | "truncated";

/** A text that is not a trace, or not one that this version reads. */
export class TraceError extends SyntaxError {
  /** Always `TraceError`. */
  override readonly name = "TraceError";
  /** What kind of thing is wrong. */
  readonly fault: TraceFault;
  /** 1-based line of the text. */
  readonly line: number;

  /** `problem` says what was found and what is wanted. */
  constructor(
    problem: string,
    at: { readonly fault: TraceFault; readonly line: number },
  ) {
    super(`trace line ${at.line}: ${problem}`);
    this.fault = at.fault;
    this.line = at.line;
  }
}
