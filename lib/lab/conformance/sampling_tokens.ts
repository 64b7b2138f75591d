/**
 * `sample_tokens.json` and `dream_sample_tokens.json`: tokens, confidences and filters of the Dream family.
 *
 * @module
 */
import { filterLogits } from "../../model/logit_filters.ts";
import type { Comparison } from "./outcome.ts";
import type { RowSampler, SampledRow } from "./samplers.ts";
import type { SamplingCase, SamplingFile } from "./sampling.ts";

/** Largest distance of a confidence from the recorded one (golden data's README, section 5). */
const TOLERANCE = 1e-5;

/** Below this a probability cannot be told from one that a filter removed. */
const UNDERFLOW = 1e-30;

type LogitSets = Readonly<Record<string, readonly (readonly number[])[]>>;
type Strategy = "default" | "margin" | "neg_entropy";

interface TokenCase {
  readonly logits: string;
  readonly top_p: number | null;
  readonly top_k: number | null;
  readonly strategy?: Strategy;
  readonly margin_confidence?: boolean;
  readonly neg_entropy?: boolean;
  readonly confidence: readonly number[];
  readonly token: readonly number[];
  readonly initial_confidence?: readonly number[];
}

interface FilterCase {
  readonly logits: string;
  readonly temperature: number;
  readonly top_p?: number;
  readonly top_k?: number;
  readonly kept: readonly (readonly number[])[];
}

interface EntropyCase {
  readonly logits: string;
  readonly entropy: readonly number[];
  readonly token: readonly number[];
}

const READ: Readonly<Record<Strategy, (row: SampledRow) => number>> = {
  default: (row) => row.probability,
  margin: (row) => row.margin,
  neg_entropy: (row) => row.negEntropy,
};

function setOf(sets: LogitSets, name: string): readonly (readonly number[])[] {
  const logits = sets[name];
  if (logits === undefined) throw new RangeError(`no logits "${name}"`);
  return logits;
}

/** Dream's flags: entropy before margin before probability. */
function strategyOf(given: TokenCase): Strategy {
  if (given.strategy !== undefined) return given.strategy;
  if (given.neg_entropy) return "neg_entropy";
  return given.margin_confidence ? "margin" : "default";
}

/** Under a nucleus filter the reference keeps any of equally large logits. */
function tokenIsOpen(
  logits: readonly number[],
  topP: number | null,
): boolean {
  const largest = Math.max(...logits);
  return topP !== null && topP < 1 &&
    logits.filter((logit) => logit === largest).length > 1;
}

async function compareTokens(
  check: Comparison,
  given: TokenCase,
  { sets, temperature, sampler }: {
    readonly sets: LogitSets;
    readonly temperature: number;
    readonly sampler: RowSampler;
  },
): Promise<void> {
  const logits = setOf(sets, given.logits);
  const rows = await sampler(logits, {
    temperature,
    topP: given.top_p,
    topK: given.top_k,
  });
  const read = READ[strategyOf(given)];
  check.equal("rows", { got: rows.length, want: given.token.length });
  rows.forEach((row, i) => {
    check.near(`row ${i} confidence`, {
      got: read(row),
      want: given.confidence[i]!,
      tolerance: TOLERANCE,
    });
    if (given.initial_confidence !== undefined) {
      check.near(`row ${i} probability`, {
        got: row.probability,
        want: given.initial_confidence[i]!,
        tolerance: TOLERANCE,
      });
    }
    if (!tokenIsOpen(logits[i]!, given.top_p)) {
      check.equal(`row ${i} token`, { got: row.token, want: given.token[i] });
    }
  });
}

async function compareEntropies(
  check: Comparison,
  given: EntropyCase,
  { sets, sampler }: {
    readonly sets: LogitSets;
    readonly sampler: RowSampler;
  },
): Promise<void> {
  const rows = await sampler(setOf(sets, given.logits), {
    entropyEpsilon: 1e-8,
  });
  rows.forEach((row, i) => {
    check.near(`row ${i} entropy`, {
      got: -row.negEntropy,
      want: given.entropy[i]!,
      tolerance: TOLERANCE,
    });
    check.equal(`row ${i} token`, { got: row.token, want: given.token[i] });
  });
}

async function compareFilter(
  check: Comparison,
  given: FilterCase,
  { sets, sampler, exact }: {
    readonly sets: LogitSets;
    readonly sampler: RowSampler;
    readonly exact: boolean;
  },
): Promise<void> {
  const logits = setOf(sets, given.logits);
  const filters = {
    temperature: given.temperature,
    topP: given.top_p ?? null,
    topK: given.top_k ?? null,
    confidenceDtype: "f32" as const,
  };
  const rows = await sampler(logits, filters);
  rows.forEach((row, i) => {
    const kept = given.kept[i]!;
    const left = filterLogits(Float32Array.from(logits[i]!), filters);
    const visible = (id: number) => exact || row.distribution[id]! > UNDERFLOW;
    const got = exact
      ? ids(left, (logit) => logit > -Infinity)
      : ids(row.distribution, (p) => p > UNDERFLOW);
    const tied = new Set(logits[i]).size < logits[i]!.length &&
      filters.topP !== null;
    if (tied) {
      check.equal(`row ${i} kept`, { got: got.length, want: kept.length });
    } else {
      check.equal(`row ${i} kept`, {
        got,
        want: exact ? kept : kept.filter(visible),
      });
      if (!exact) {
        const hidden = kept.filter((id) => !visible(id));
        const softest = hidden.filter((id) =>
          logits[i]![id]! > Math.max(...logits[i]!) - 60 * given.temperature
        );
        check.equal(`row ${i} lost`, { got: softest, want: [] });
      }
    }
  });
}

function ids(
  values: Float32Array,
  test: (value: number) => boolean,
): number[] {
  return [...values.keys()].filter((id) => test(values[id]!));
}

/** Cases of `sample_tokens.json`. */
export const sampleTokens: SamplingFile = {
  keys: ["temperature", "logits", "cases", "filters"],
  *cases(file, { samplers }): Generator<SamplingCase> {
    const sets = file.logits as LogitSets;
    const temperature = file.temperature as number;
    for (const { label, sampler, exact } of samplers) {
      for (const [i, given] of (file.cases as TokenCase[]).entries()) {
        yield {
          name: `cases[${i}]${label}`,
          run: (check) =>
            compareTokens(check, given, { sets, temperature, sampler }),
        };
      }
      for (const [i, given] of (file.filters as FilterCase[]).entries()) {
        yield {
          name: `filters[${i}]${label}`,
          run: (check) => compareFilter(check, given, { sets, sampler, exact }),
        };
      }
    }
  },
};

/** Cases of `dream_sample_tokens.json`, whose logits stand in another file. */
export const dreamSampleTokens: SamplingFile = {
  keys: ["logits_from", "cases", "with_entropy"],
  *cases(file, { samplers, logits: sets }): Generator<SamplingCase> {
    for (const { label, sampler } of samplers) {
      for (const [i, given] of (file.cases as TokenCase[]).entries()) {
        yield {
          name: `cases[${i}]${label}`,
          run: (check) =>
            compareTokens(check, given, { sets, temperature: 0, sampler }),
        };
      }
      for (const [i, given] of (file.with_entropy as EntropyCase[]).entries()) {
        yield {
          name: `with_entropy[${i}]${label}`,
          run: (check) => compareEntropies(check, given, { sets, sampler }),
        };
      }
    }
  },
};
