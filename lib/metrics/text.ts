/**
 * The text of an answer, for the definitions that count what a reader sees.
 *
 * @module
 */
import type { Trace } from "../decoding/trace_types.ts";
import type { MetricOptions } from "./types.ts";

/** Text of the generated ids before the first EOS; `null` where nothing turns ids into text. */
export function visibleText(
  trace: Trace,
  options: MetricOptions = {},
): string | null {
  const { model, vocabulary } = trace.header;
  const ids = [...trace.result.ids];
  const end = ids.indexOf(model.eosId);
  const shown = end < 0 ? ids : ids.slice(0, end);
  if (options.decode !== undefined) return options.decode(shown);
  if (!("strings" in vocabulary)) return null;
  return shown.map((id) => vocabulary.strings[id] ?? "").join("");
}

/** The text up to the first of the stop strings that occurs in it. */
export function cutAtStop(text: string, stops: readonly string[]): string {
  const ends = stops.map((stop) => text.indexOf(stop)).filter((at) => at >= 0);
  return text.slice(0, Math.min(text.length, ...ends));
}

/**
 * Tokens of the visible text when it is tokenised again, EOS not counted, or the reason why they cannot be counted.
 */
export function retokenised(
  trace: Trace,
  options: MetricOptions & { readonly cut: boolean },
): number | string {
  const { encode } = options;
  if (encode === undefined) {
    return "the text must be tokenised again, and no tokenizer was given (option encode)";
  }
  const text = visibleText(trace, options);
  if (text === null) {
    return "the trace names its tokenizer by digest only, and none was given (option decode)";
  }
  const { stopStrings, model } = trace.header;
  const shown = options.cut ? cutAtStop(text, stopStrings) : text;
  return encode(shown).filter((id) => id !== model.eosId).length;
}
