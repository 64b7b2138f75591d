/**
 * Results and summaries against the recorded ones, through the metrics of traces.
 *
 * @module
 */
import { unwrittenId } from "../../decoding/model_kind.ts";
import type { Trace } from "../../decoding/trace_types.ts";
import { countSample, type SampleCounts } from "../../metrics/counts.ts";
import { visibleText } from "../../metrics/text.ts";
import { tpf, TPF_RULES } from "../../metrics/tpf.ts";
import type { Comparison } from "./outcome.ts";

type Counted = (counts: SampleCounts) => number;

function sum(list: readonly number[]): number {
  return list.reduce((total, value) => total + value, 0);
}

/** Counts of a result, by recorded key. */
const COUNTS: Readonly<Record<string, Counted>> = {
  nfe: (c) => c.forwards,
  forward_passes: (c) => c.branchForwards,
  forward_tokens: (c) => c.branchPositions,
  gen_tokens: (c) => c.canvas,
  non_eos_tokens: (c) => c.nonEos,
  tokens_before_eos: (c) => c.beforeEos,
  ref_steps: (c) => c.forwards + 1,
  ref_tokens: (c) => c.canvas,
  ref_generated_tokens: (c) => c.nonPad,
  ref_forward_passes: (c) => c.forwards,
};

/** Rates of a result, by recorded key; `ref_tpf` divides what its own record calls tokens and steps. */
const RATES: Readonly<
  Record<string, (c: SampleCounts, recorded: object) => number>
> = {
  tpf: (c) => c.canvas / c.forwards,
  tpf_non_eos: (c) => c.nonEos / c.forwards,
  ref_tpf: (c, recorded) =>
    "ref_generated_tokens" in recorded
      ? c.nonPad / c.forwards
      : c.canvas / (c.forwards + 1),
};

/** The statistics that LoPA and D2F return, by recorded key. */
const STATS: Readonly<Record<string, (trace: Trace) => number>> = {
  steps_taken: ({ steps }) => steps.length + 1,
  parallel_steps: ({ steps }) => steps.length + 1,
  total_filled_original: ({ steps }) =>
    sum(steps.map((step) => step.fills.length)),
  original_fallback_triggers: ({ steps }) =>
    sum(steps.map((step) => step.fallbacks ?? 0)),
  total_filled_new: lookaheads,
  branches_created: (trace) => 1 + lookaheads(trace),
  branches_pruned: ({ steps }) =>
    sum(steps.map((step) => step.branches.length - 1)),
  max_active_branches: ({ steps }) =>
    Math.max(...steps.map((step) => step.branches.length)),
  branch_processing_count: ({ steps }) =>
    1 + sum(steps.map((step) => step.spawned?.length ?? 0)),
  candidates_generated_this_round: ({ steps }) =>
    steps.at(-1)?.spawned?.length ?? 0,
};

function lookaheads({ steps }: Trace): number {
  return sum(
    steps.map((step) =>
      step.spawned?.filter((spawn) => spawn.position !== null).length ?? 0
    ),
  );
}

/** Recorded rates have 5 or 6 significant digits. */
function rate(
  check: Comparison,
  at: string,
  { got, want }: { readonly got: number; readonly want: number },
): void {
  if (!(Math.abs(got - want) <= 6e-5 * Math.abs(want))) {
    check.differ(at, { got, want });
  }
}

/** Compares a result; a recorded key that is not known is a difference. */
export function compareResult(
  check: Comparison,
  { trace, want }: {
    readonly trace: Trace;
    readonly want: Readonly<Record<string, unknown>>;
  },
): void {
  const counts = countSample(trace);
  for (const [key, value] of Object.entries(want)) {
    const at = `result ${key}`;
    if (key === "ids") {
      check.equal(at, { got: [...trace.result.ids], want: value });
    } else if (key === "text") {
      check.equal(at, { got: visibleText(trace), want: value });
    } else if (key === "ref_stats") {
      for (const [name, number] of Object.entries(value as object)) {
        const read = Object.hasOwn(STATS, name) ? STATS[name] : undefined;
        check.equal(`${at} ${name}`, {
          got: read?.(trace) ?? "unknown statistic",
          want: number,
        });
      }
    } else if (Object.hasOwn(COUNTS, key)) {
      check.equal(at, { got: COUNTS[key]!(counts), want: value });
    } else if (Object.hasOwn(RATES, key)) {
      const got = RATES[key]!(counts, want);
      rate(check, at, { got, want: value as number });
    } else {
      check.differ(at, { got: "unknown result key", want: value });
    }
  }
  const counted = want.ref_steps;
  if (counted !== undefined && !("ref_forward_passes" in want)) {
    check.equal("reference steps", {
      got: trace.result.referenceSteps,
      want: counted,
    });
  }
}

/** A total of a file from the traces of all its runs. */
type Total = (traces: readonly Trace[]) => number;

function total(read: Counted): Total {
  return (traces) => sum(traces.map(countSample).map(read));
}

/** Tokens per forward under one of the rules in use. */
function perForward(name: string): Total {
  const rule = TPF_RULES.find((rule) => rule.name === name)!;
  return (traces) => tpf(traces, { rule }).value ?? NaN;
}

/** Totals by recorded key. DiffuCoder, whose summaries have `total_forwards_as_counted`, counts ids other than PAD. */
function summaryRules(
  summary: Readonly<Record<string, unknown>>,
): Readonly<Record<string, Total>> {
  const diffucoder = "total_forwards_as_counted" in summary;
  const forwards = total((c) => c.forwards);
  const nonEos = perForward("d2f");
  return {
    total_tokens: total((c) => diffucoder ? c.nonPad : c.canvas),
    total_steps: total((c) => c.forwards + 1),
    total_nfe: forwards,
    total_forwards: forwards,
    total_forwards_as_counted: forwards,
    forward_passes: total((c) => c.branchForwards),
    tpf: perForward(diffucoder ? "lopa-diffucoder" : "canvas"),
    tpf_tokens_per_step: perForward("lopa-dream"),
    non_eos_per_step: (traces) =>
      total((c) => c.nonEos)(traces) / total((c) => c.forwards + 1)(traces),
    non_eos_per_nfe: nonEos,
    non_eos_per_forward: nonEos,
  };
}

/** Compares the summary of a file with the traces of all its runs; a key that is not known is a difference. */
export function compareSummary(
  check: Comparison,
  { traces, want, fragile }: {
    readonly traces: readonly Trace[];
    readonly want: Readonly<Record<string, unknown>>;
    /** Runs that the file marks as fragile. */
    readonly fragile: number;
  },
): void {
  const rules = summaryRules(want);
  const left =
    traces.filter(({ header, result }) =>
      result.ids.includes(unwrittenId(header.model))
    ).length;
  for (const [key, value] of Object.entries(want)) {
    const at = `summary ${key}`;
    if (key === "runs") check.equal(at, { got: traces.length, want: value });
    else if (key === "errors") check.equal(at, { got: 0, want: value });
    else if (key === "fragile_runs") {
      check.equal(at, { got: fragile, want: value });
    } else if (key === "runs_with_masks_left") {
      check.equal(at, { got: left, want: value });
    } else if (Object.hasOwn(rules, key)) {
      rate(check, at, { got: rules[key]!(traces), want: value as number });
    } else {
      check.differ(at, { got: "unknown summary key", want: value });
    }
  }
}
