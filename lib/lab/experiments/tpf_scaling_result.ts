/**
 * What a cell of the TPF scaling experiment keeps of its traces.
 *
 * @module
 */
import type { Trace } from "../../decoding/trace_types.ts";
import { countSample } from "../../metrics/counts.ts";
import { measure } from "../../metrics/metrics.ts";
import { parallelTokens } from "../../metrics/parallel.ts";
import type { Tokenizer } from "../../model/tokenizer.ts";
import { answerOf } from "./decode_trace.ts";

/** One answer. */
export type ScalingSample = {
  readonly prompt: string;
  /** Ids of the answer before the first end token. */
  readonly ids: readonly number[];
  readonly text: string;
  /** Generated positions, and of them those filled by the rule and accepted as lookahead tokens. */
  readonly canvas: number;
  readonly fills: number;
  readonly accepted: number;
  readonly forwards: number;
  /** Steps as the method's reference counts them. */
  readonly referenceSteps: number;
};

/** Tokens filled at one step index, over the answers that have it. */
export type StepRow = {
  readonly step: number;
  readonly samples: number;
  readonly mean: number;
  readonly q1: number;
  readonly median: number;
  readonly q3: number;
};

/** A metric, or why it does not apply. */
export type ScalingMetric = {
  readonly id: string;
  readonly unit: string;
  readonly value: number | null;
  readonly reason?: string;
};

/** A cell's result. */
export type ScalingResult = {
  readonly samples: readonly ScalingSample[];
  readonly metrics: readonly ScalingMetric[];
  /** Tokens per step without and with the accepted lookahead token. */
  readonly steps: readonly StepRow[];
  readonly stepsAccepted: readonly StepRow[];
};

function sampleOf(trace: Trace): ScalingSample {
  const { header, result } = trace;
  const counts = countSample(trace);
  const { canvas, fills, accepted, forwards, referenceSteps } = counts;
  return {
    prompt: header.prompt.text ?? "",
    ids: [...result.ids.slice(0, counts.beforeEos)],
    text: answerOf(trace),
    canvas,
    fills,
    accepted,
    forwards,
    referenceSteps,
  };
}

/** Sums up the traces of a cell. Definitions that tokenise the visible text again need its tokenizer. */
export function summariseTraces(
  traces: readonly Trace[],
  tokenizer: Tokenizer,
): ScalingResult {
  const encode = (text: string) => [...tokenizer.encode(text)];
  return {
    samples: traces.map(sampleOf),
    metrics: measure(traces, { encode }).map(({ id, unit, value, reason }) => ({
      id,
      unit,
      value,
      ...(reason === undefined ? {} : { reason }),
    })),
    steps: parallelTokens(traces).map((row) => ({ ...row })),
    stepsAccepted: parallelTokens(traces, { accepted: true })
      .map((row) => ({ ...row })),
  };
}
