/**
 * Reading traces, strictly: a record that is not exactly what the format says is an error with its line number.
 *
 * @module
 */
import { type Codec, FieldError } from "./trace_codec.ts";
import {
  headerCodec,
  resultCodec,
  stepCodec,
  timingCodec,
} from "./trace_records.ts";
import {
  type Trace,
  TRACE_FORMAT,
  TRACE_VERSION,
  TraceError,
  type TraceHeader,
  type TraceTiming,
} from "./trace_types.ts";
import type { DecodeResult, DecodeStep } from "./types.ts";

interface Open {
  readonly header: TraceHeader;
  readonly steps: DecodeStep[];
  readonly timings: TraceTiming[];
  result?: DecodeResult;
}

/** Takes the lines of a text one by one and gives each trace when it is complete. */
export class TraceReader {
  #line = 0;
  #open: Open | undefined;

  /** Takes the next line, without its newline; gives the trace that the line shows to be complete. */
  push(line: string): Trace | undefined {
    this.#line += 1;
    const { type, fields } = this.#parse(line);
    if (type === "header") {
      const complete = this.#close();
      this.#open = { header: this.#header(fields), steps: [], timings: [] };
      return complete;
    }
    const open = this.#open;
    if (open === undefined) {
      throw this.#error("order", `a ${type} record before any header`);
    }
    if (type === "timing") {
      open.timings.push(this.#decode(timingCodec, fields));
      return undefined;
    }
    if (open.result !== undefined) {
      throw this.#error("order", `a ${type} record after the result`);
    }
    if (type === "step") {
      const step = this.#decode(stepCodec, fields);
      if (step.index !== open.steps.length + 1) {
        throw this.#error(
          "order",
          `step.index is ${step.index}, wanted ${open.steps.length + 1}`,
        );
      }
      open.steps.push(step);
    } else open.result = this.#decode(resultCodec, fields);
    return undefined;
  }

  /** Says that no line follows; gives the last trace, or `undefined` where there was no line at all. */
  finish(): Trace | undefined {
    return this.#close();
  }

  #error(fault: TraceError["fault"], problem: string): TraceError {
    return new TraceError(problem, { fault, line: this.#line });
  }

  #close(): Trace | undefined {
    const open = this.#open;
    if (open === undefined) return undefined;
    this.#open = undefined;
    const { header, steps, timings, result } = open;
    if (result === undefined) {
      throw this.#error(
        "truncated",
        `the trace ends after ${steps.length} steps without a result; decode again, the run was interrupted`,
      );
    }
    const late = timings.find((timing) => timing.step > steps.length);
    if (late !== undefined) {
      throw this.#error(
        "field",
        `a timing names step ${late.step} of ${steps.length}`,
      );
    }
    return { header, steps, result, timings };
  }

  #parse(line: string): { type: string; fields: Record<string, unknown> } {
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch (cause) {
      throw this.#error("json", (cause as Error).message);
    }
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      throw this.#error("json", "not an object, wanted one record per line");
    }
    const { type, ...fields } = value as Record<string, unknown>;
    if (
      typeof type !== "string" ||
      !["header", "step", "result", "timing"].includes(type)
    ) {
      throw this.#error(
        "field",
        `type is ${
          JSON.stringify(type)
        }, wanted header, step, result or timing`,
      );
    }
    return { type, fields };
  }

  #header(fields: Record<string, unknown>): TraceHeader {
    const { format, version, ...rest } = fields;
    if (format !== TRACE_FORMAT || version !== TRACE_VERSION) {
      throw this.#error(
        "version",
        `format ${JSON.stringify(format)} version ${
          JSON.stringify(version)
        }, this reader takes "${TRACE_FORMAT}" version ${TRACE_VERSION}`,
      );
    }
    return this.#decode(headerCodec, rest, "header");
  }

  #decode<T>(codec: Codec<T>, fields: unknown, path = ""): T {
    try {
      return codec.decode(fields, path);
    } catch (cause) {
      if (!(cause instanceof FieldError)) throw cause;
      throw this.#error("field", cause.message.replace(/^\./, ""));
    }
  }
}

/**
 * Reads all traces of a text, in order.
 *
 * @throws {TraceError} on anything that is not a trace of this version; `line` says where.
 */
export function parseTraces(text: string): Trace[] {
  const reader = new TraceReader();
  const traces: Trace[] = [];
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  for (const line of lines) {
    const trace = reader.push(line);
    if (trace !== undefined) traces.push(trace);
  }
  const last = reader.finish();
  if (last !== undefined) traces.push(last);
  return traces;
}

/**
 * Reads a text that holds exactly one trace.
 *
 * @throws {TraceError} on anything else.
 *
 * @example A decode as text, and back
 * ```ts
 * import { lopa, parseTrace, replayResult, runDecode, toyModel, toyPrompt, traceText } from "dllm-lab";
 *
 * const toy = { seed: 1, promptLength: 9 };
 * const [model, prompt] = [toyModel(toy), toyPrompt(toy)];
 * const decoder = lopa({ blockSize: 8, maxNewTokens: 16 });
 * const { steps, result } = await runDecode(model, decoder, prompt);
 * const text = traceText({
 *   header: {
 *     decoder: { name: decoder.name, options: decoder.options },
 *     model: model.spec,
 *     vocabulary: { strings: Array.from({ length: 40 }, String) },
 *     stopStrings: [],
 *     prompt: { text: null, ids: [...prompt] },
 *     sample: 0,
 *     seed: 0,
 *   },
 *   steps,
 *   result,
 *   timings: [],
 * });
 * const canvas = replayResult(parseTrace(text));
 * if (canvas.slice(9).join() !== result.ids.join()) throw new Error("the replay gives the decode's tokens");
 * ```
 */
export function parseTrace(text: string): Trace {
  const traces = parseTraces(text);
  const [only] = traces;
  if (only === undefined || traces.length !== 1) {
    throw new TraceError(`${traces.length} traces, wanted exactly one`, {
      fault: "order",
      line: 1,
    });
  }
  return only;
}
