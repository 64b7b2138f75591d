/**
 * What a metric is: a named definition and, for given traces, a number or the reason why there is none.
 *
 * @module
 */
import type { Trace } from "../decoding/trace_types.ts";

/** A measured number, or why the definition does not apply. */
export type MetricValue =
  | { readonly value: number }
  | { readonly value: null; readonly reason: string };

/** What a definition may need beyond the traces. */
export interface MetricOptions {
  /** Text of ids, for traces whose header has only a tokenizer digest. */
  readonly decode?: (ids: readonly number[]) => string;
  /** Ids of a text: definitions that tokenise the visible text again need it. */
  readonly encode?: (text: string) => readonly number[];
}

/** One definition in use, by name. */
export interface MetricDefinition {
  /** Stable name, e.g. `tpf.lopa-dream`. */
  readonly id: string;
  /** Unit of the value, e.g. `tokens/forward`. */
  readonly unit: string;
  /** What is divided by what, in one sentence. */
  readonly meaning: string;
  /** Who uses it. */
  readonly source: string;
  /** Computes it over the traces of one run; a definition that cannot apply says why. */
  compute(traces: readonly Trace[], options?: MetricOptions): MetricValue;
}

/** A definition and what it gave. */
export interface Metric {
  /** Name of the definition, as in {@linkcode MetricDefinition}. */
  readonly id: string;
  /** Unit of `value`. */
  readonly unit: string;
  /** What is divided by what, in one sentence. */
  readonly meaning: string;
  /** Who uses the definition. */
  readonly source: string;
  /** The number over all traces given; `null` where the definition does not apply. */
  readonly value: number | null;
  /** Why `value` is `null`. */
  readonly reason?: string;
}

/** The value of a ratio; a zero denominator or no sample at all is a reason, not a number. */
export function ratio(
  numerator: number,
  { denominator, of }: { readonly denominator: number; readonly of: string },
): MetricValue {
  if (denominator === 0) return { value: null, reason: `no ${of}` };
  return { value: numerator / denominator };
}

/** A definition that does not apply. */
export function none(reason: string): MetricValue {
  return { value: null, reason };
}
