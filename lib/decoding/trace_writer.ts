/**
 * Writing traces, record by record while a decode runs or whole.
 *
 * @module
 */
import { jsonText } from "./trace_json.ts";
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
  type TraceHeader,
  type TraceTiming,
} from "./trace_types.ts";
import type { DecodeResult, DecodeStep } from "./types.ts";

function line(type: string, fields: unknown): string {
  return jsonText({ type, ...(fields as object) }) + "\n";
}

/** The header's line, newline included. */
export function headerLine(header: TraceHeader): string {
  return line("header", {
    format: TRACE_FORMAT,
    version: TRACE_VERSION,
    ...(headerCodec.encode(header) as object),
  });
}

/** A step's line, newline included. Throws `RangeError` on a number that is not finite. */
export function stepLine(step: DecodeStep): string {
  return line("step", stepCodec.encode(step));
}

/** The result's line, newline included. */
export function resultLine(result: DecodeResult): string {
  return line("result", resultCodec.encode(result));
}

/** A timing's line, newline included. */
export function timingLine(timing: TraceTiming): string {
  return line("timing", timingCodec.encode(timing));
}

/** The text of a whole trace: header, steps, result, then the timings. */
export function traceText(trace: Trace): string {
  return [
    headerLine(trace.header),
    ...trace.steps.map(stepLine),
    resultLine(trace.result),
    ...trace.timings.map(timingLine),
  ].join("");
}

/** Takes one line at a time, newline included. */
export type TraceSink = (line: string) => void | Promise<void>;

/** Writes a trace while the decode runs, and keeps it in memory. */
export class TraceWriter {
  readonly #sink: TraceSink;
  readonly #header: TraceHeader;
  readonly #steps: DecodeStep[] = [];
  readonly #timings: TraceTiming[] = [];

  private constructor(header: TraceHeader, sink: TraceSink) {
    this.#header = header;
    this.#sink = sink;
  }

  /** Writes the header. */
  static async begin(
    header: TraceHeader,
    sink: TraceSink,
  ): Promise<TraceWriter> {
    await sink(headerLine(header));
    return new TraceWriter(header, sink);
  }

  /** Writes one step. */
  async step(step: DecodeStep): Promise<void> {
    await this.#sink(stepLine(step));
    this.#steps.push(step);
  }

  /** Writes one timing; before or after {@linkcode TraceWriter.end}. */
  async timing(timing: TraceTiming): Promise<void> {
    await this.#sink(timingLine(timing));
    this.#timings.push(timing);
  }

  /** Writes the result and gives the whole trace. */
  async end(result: DecodeResult): Promise<Trace> {
    await this.#sink(resultLine(result));
    return {
      header: this.#header,
      steps: this.#steps,
      result,
      timings: this.#timings,
    };
  }
}
