/**
 * Tokens per forward: every definition in use, by name. They differ in what counts as a token, in what counts as a step, and
 * in whether a run is a ratio of sums or a mean of the samples' ratios; each is given both ways, the way its users do it
 * under its own name and the other one under `<name>.mean` or `<name>.sums`.
 *
 * @module
 */
import type { Trace } from "../decoding/trace_types.ts";
import { countSample, type SampleCounts } from "./counts.ts";
import { retokenised } from "./text.ts";
import {
  type MetricDefinition,
  type MetricOptions,
  type MetricValue,
  none,
  ratio,
} from "./types.ts";

/** Tokens and steps of one sample, or the reason why they cannot be counted. */
export type TpfCount = (
  trace: Trace,
  options: MetricOptions,
) => { readonly tokens: number; readonly steps: number } | string;

/** One way to count tokens per forward. */
export interface TpfRule {
  /** Part of the metric's id: `tpf.<name>`. */
  readonly name: string;
  /** What is divided by what. */
  readonly meaning: string;
  /** Who uses it. */
  readonly source: string;
  /** How its users sum up a run. */
  readonly aggregate: "sums" | "mean";
  /** Samples at the start of a run that its users leave out. */
  readonly skip?: number;
  /** Counts one sample. */
  readonly count: TpfCount;
}

function counted(
  tokens: (counts: SampleCounts) => number,
  steps: (counts: SampleCounts) => number = (counts) => counts.forwards,
): TpfCount {
  return (trace) => {
    const counts = countSample(trace);
    return { tokens: tokens(counts), steps: steps(counts) };
  };
}

function text(cut: boolean): TpfCount {
  return (trace, options) => {
    const tokens = retokenised(trace, { ...options, cut });
    if (typeof tokens === "string") return tokens;
    return { tokens, steps: trace.result.forwards };
  };
}

/** All rules, in the order in which tables show them. */
export const TPF_RULES: readonly TpfRule[] = [
  {
    name: "standard",
    meaning:
      "ids before the first EOS / forward passes, a round of branches counted once",
    source: "the common ground of the definitions below",
    aggregate: "sums",
    count: counted((c) => c.beforeEos),
  },
  {
    name: "canvas",
    meaning: "generated positions, EOS and padding included / forward passes",
    source: "dParallel tables (arXiv 2509.26488), WINO",
    aggregate: "sums",
    count: counted((c) => c.canvas),
  },
  {
    name: "visible-text",
    meaning:
      "tokens of the text before EOS when tokenised again / forward passes, first 10 samples left out",
    source: "d3LLM (arXiv 2601.07568), before stop strings",
    aggregate: "sums",
    skip: 10,
    count: text(false),
  },
  {
    name: "visible-text-cut",
    meaning:
      "tokens of the text before EOS and the first stop string when tokenised again / forward passes, first 10 samples left out",
    source: "d3LLM (arXiv 2601.07568), after stop strings",
    aggregate: "sums",
    skip: 10,
    count: text(true),
  },
  {
    name: "fast-dllm-canvas",
    meaning: "ids other than EOS anywhere in the generation / forward passes",
    source:
      "Fast-dLLM (arXiv 2505.22618) Dream scripts, and LLaDA HumanEval of its later versions",
    aggregate: "sums",
    count: counted((c) => c.nonEos),
  },
  {
    name: "fast-dllm-humaneval",
    meaning:
      "ids other than EOS in prompt and generation together / forward passes",
    source: "Fast-dLLM v1 LLaDA HumanEval with an instruct model",
    aggregate: "sums",
    count: counted((c) => c.nonEos + c.promptNonEos),
  },
  {
    name: "fast-dllm-text",
    meaning:
      "tokens of the text cut at the stop strings when tokenised again / forward passes",
    source: "Fast-dLLM LLaDA GSM8K",
    aggregate: "sums",
    count: text(true),
  },
  {
    name: "diffulex",
    meaning:
      "per request ids before the first EOS / decode steps; the prompt is part of the first step here",
    source: "Diffulex (arXiv 2606.29215) tpf",
    aggregate: "mean",
    count: counted((c) => c.beforeEos),
  },
  {
    name: "d2f",
    meaning: "ids other than EOS / forward passes",
    source: "Discrete Diffusion Forcing (arXiv 2508.09192)",
    aggregate: "sums",
    count: counted((c) => c.nonEos),
  },
  {
    name: "lopa-dream",
    meaning:
      "positions of all blocks, EOS and what follows it included / rounds + 1 for the closing check",
    source: "LoPA (arXiv 2512.16229) scale_dream_d2f",
    aggregate: "sums",
    count: counted((c) => c.canvas, (c) => c.forwards + 1),
  },
  {
    name: "lopa-diffucoder",
    meaning: "ids other than PAD / rounds with a forward",
    source: "LoPA (arXiv 2512.16229) scale_diffucoder_d2f",
    aggregate: "sums",
    count: counted((c) => c.nonPad),
  },
  {
    name: "lopa-nv",
    meaning: "ids other than MASK / rounds + 1 for the closing check",
    source: "LoPA (arXiv 2512.16229) lopa_dist_nv",
    aggregate: "sums",
    count: counted((c) => c.nonMask, (c) => c.forwards + 1),
  },
  {
    name: "reference",
    meaning:
      "generated positions / steps as this decoder's own reference counts them",
    source: "the decoder's result record",
    aggregate: "sums",
    count: counted((c) => c.canvas, (c) => c.referenceSteps),
  },
  {
    name: "committed",
    meaning:
      "tokens written to the canvas, also those written over later / forward passes",
    source: "DiffusionGemma, LLaDA2.1, DMax",
    aggregate: "sums",
    count: counted((c) => c.fills + c.accepted),
  },
];

/**
 * Tokens per forward of a run under one rule.
 *
 * `sums`: total tokens over total steps. `mean`: mean over samples of tokens over steps.
 */
export function tpf(
  traces: readonly Trace[],
  options: MetricOptions & {
    readonly rule: TpfRule;
    readonly aggregate?: TpfRule["aggregate"];
  },
): MetricValue {
  const { rule, aggregate = rule.aggregate } = options;
  const skip = rule.skip ?? 0;
  const used = traces.slice(skip);
  if (used.length === 0) {
    return none(
      skip === 0
        ? "no samples"
        : `the first ${skip} samples are left out, and there are ${traces.length}`,
    );
  }
  let tokens = 0, steps = 0, ratios = 0;
  for (const trace of used) {
    const sample = rule.count(trace, options);
    if (typeof sample === "string") return none(sample);
    tokens += sample.tokens;
    steps += sample.steps;
    if (sample.steps === 0) return none("a sample has no steps");
    ratios += sample.tokens / sample.steps;
  }
  if (aggregate === "sums") {
    return ratio(tokens, { denominator: steps, of: "steps" });
  }
  return { value: ratios / used.length };
}

/** The rules as definitions, each under its own aggregate and the other one. */
export const TPF_DEFINITIONS: readonly MetricDefinition[] = TPF_RULES.flatMap(
  (rule) => {
    const own = rule.aggregate;
    const other: TpfRule["aggregate"] = own === "sums" ? "mean" : "sums";
    const how = { sums: "ratio of sums", mean: "mean of the samples' ratios" };
    return [own, other].map((aggregate): MetricDefinition => ({
      id: `tpf.${rule.name}${aggregate === own ? "" : `.${other}`}`,
      unit: "tokens/forward",
      meaning: `${rule.meaning}; ${how[aggregate]}`,
      source: rule.source,
      compute: (traces, options) =>
        tpf(traces, { ...options, rule, aggregate }),
    }));
  },
);
