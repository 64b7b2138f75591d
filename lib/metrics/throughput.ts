/**
 * Tokens per second: every definition in use, by name. Times come from the timing records of the traces; traces without
 * them have no rates.
 *
 * @module
 */
import type { Trace } from "../decoding/trace_types.ts";
import { countSample } from "./counts.ts";
import {
  type MetricDefinition,
  type MetricValue,
  none,
  ratio,
} from "./types.ts";

const UNTIMED = "the traces carry no timings of their steps";
const UNTIMED_REQUEST =
  "the traces carry no timing of the whole request (step 0)";

/** Seconds of every step, or `null` unless each step has exactly one timing. */
function stepSeconds(trace: Trace): number[] | null {
  const seconds = new Array<number | undefined>(trace.steps.length);
  for (const { step, wallMs } of trace.timings) {
    if (step === 0) continue;
    if (seconds[step - 1] !== undefined) return null;
    seconds[step - 1] = wallMs / 1000;
  }
  const complete = Array.from(seconds, (value) => value ?? NaN);
  return complete.some(Number.isNaN) ? null : complete;
}

function requestSeconds(trace: Trace): number | null {
  const whole = trace.timings.filter((timing) => timing.step === 0);
  return whole.length === 1 ? whole[0]!.wallMs / 1000 : null;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** Tokens written from the second step on that stand before the first EOS. */
function laterTokens(trace: Trace): number {
  const promptLength = trace.header.prompt.ids.length;
  const end = promptLength + countSample(trace).beforeEos;
  const [first] = trace.steps;
  const early = [
    ...(first?.fills ?? []),
    ...(first?.accepted === undefined ? [] : [first.accepted]),
  ].filter((fill) => fill.position < end).length;
  return countSample(trace).beforeEos - early;
}

type Rate = { readonly tokens: number; readonly seconds: number };

/** Tokens and seconds of each sample, or a reason. */
function rates(
  traces: readonly Trace[],
  rate: (trace: Trace) => Rate | string,
): Rate[] | string {
  if (traces.length === 0) return "no samples";
  const out: Rate[] = [];
  for (const trace of traces) {
    const one = rate(trace);
    if (typeof one === "string") return one;
    out.push(one);
  }
  return out;
}

function overall(
  traces: readonly Trace[],
  rate: (trace: Trace) => Rate | string,
): MetricValue {
  const all = rates(traces, rate);
  if (typeof all === "string") return none(all);
  return ratio(sum(all.map((one) => one.tokens)), {
    denominator: sum(all.map((one) => one.seconds)),
    of: "time",
  });
}

function perSample(
  traces: readonly Trace[],
  pick: (rates: readonly number[]) => number,
): MetricValue {
  const all = rates(traces, afterFirstRound);
  if (typeof all === "string") return none(all);
  const values = all.map((one) => one.tokens / one.seconds);
  if (!values.every(Number.isFinite)) {
    return none("a sample took no time after its first round");
  }
  return { value: pick(values) };
}

/** LoPA-Dist-NV: all ids but MASK over the generation time without round 1, which holds the prompt. */
function afterFirstRound(trace: Trace): Rate | string {
  const seconds = stepSeconds(trace);
  if (seconds === null) return UNTIMED;
  return {
    tokens: countSample(trace).nonMask,
    seconds: sum(seconds.slice(1)),
  };
}

/** All definitions of tokens per second, in the order in which tables show them. */
export const THROUGHPUT_DEFINITIONS: readonly MetricDefinition[] = [
  {
    id: "tps.lopa-mean",
    unit: "tokens/s",
    meaning:
      "mean over samples of ids other than MASK / generation time without round 1",
    source: "LoPA (arXiv 2512.16229) Avg TPS",
    compute: (traces) =>
      perSample(traces, (values) => sum(values) / values.length),
  },
  {
    id: "tps.lopa-max",
    unit: "tokens/s",
    meaning: "largest rate of a single sample, as tps.lopa-mean",
    source: "LoPA (arXiv 2512.16229) Max TPS",
    compute: (traces) => perSample(traces, (values) => Math.max(...values)),
  },
  {
    id: "tps.lopa-top10",
    unit: "tokens/s",
    meaning: "mean of the 10 largest rates of single samples",
    source: "LoPA (arXiv 2512.16229) Top-10 TPS",
    compute: (traces) =>
      traces.length < 10
        ? none(`needs 10 samples, there are ${traces.length}`)
        : perSample(
          traces,
          (values) => sum(values.toSorted((a, b) => b - a).slice(0, 10)) / 10,
        ),
  },
  {
    id: "tps.lopa-overall",
    unit: "tokens/s",
    meaning:
      "total ids other than MASK / total generation time without the samples' first rounds",
    source: "LoPA (arXiv 2512.16229), printed but not used in its tables",
    compute: (traces) => overall(traces, afterFirstRound),
  },
  {
    id: "tps.generation",
    unit: "tokens/s",
    meaning: "total ids other than PAD / total time of all steps",
    source: "LoPA (arXiv 2512.16229) scale_diffucoder_d2f",
    compute: (traces) =>
      overall(traces, (trace) => {
        const seconds = stepSeconds(trace);
        if (seconds === null) return UNTIMED;
        return { tokens: countSample(trace).nonPad, seconds: sum(seconds) };
      }),
  },
  {
    id: "tps.total",
    unit: "tokens/s",
    meaning:
      "total ids other than EOS / wall time of the requests, tokenisation included",
    source: "Fast-dLLM (arXiv 2505.22618), d3LLM (arXiv 2601.07568)",
    compute: (traces) =>
      overall(traces, (trace) => {
        const seconds = requestSeconds(trace);
        if (seconds === null) return UNTIMED_REQUEST;
        return { tokens: countSample(trace).nonEos, seconds };
      }),
  },
  {
    id: "tps.decode-only",
    unit: "tokens/s",
    meaning:
      "ids before the first EOS written after the first pass, which holds the prompt / time of the later passes",
    source: "Diffulex (arXiv 2606.29215) decode throughput",
    compute: (traces) =>
      overall(traces, (trace) => {
        const seconds = stepSeconds(trace);
        if (seconds === null) return UNTIMED;
        return { tokens: laterTokens(trace), seconds: sum(seconds.slice(1)) };
      }),
  },
  {
    id: "tps.client",
    unit: "tokens/s",
    meaning:
      "total ids before the first EOS / wall time of the requests as the client sees them",
    source: "client wall clock",
    compute: (traces) =>
      overall(traces, (trace) => {
        const seconds = requestSeconds(trace);
        if (seconds === null) return UNTIMED_REQUEST;
        return { tokens: countSample(trace).beforeEos, seconds };
      }),
  },
  {
    id: "tps.server-step",
    unit: "tokens/s",
    meaning: "tokens / time of the server's step timer",
    source: "the vLLM patch of Diffulex's comparison",
    compute: () => none("there is no server between client and model here"),
  },
  {
    id: "tps.batch",
    unit: "tokens/s",
    meaning: "tokens of all requests of a batch / time of the batch",
    source: "JetEngine",
    compute: () =>
      none("requests are decoded one at a time, there is no batch"),
  },
];
