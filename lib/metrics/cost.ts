/**
 * What the tokens cost: network calls and positions computed.
 *
 * @module
 */
import type { Trace } from "../decoding/trace_types.ts";
import { countSample, type SampleCounts } from "./counts.ts";
import { type MetricDefinition, type MetricValue, ratio } from "./types.ts";

function overSums(
  traces: readonly Trace[],
  parts: {
    readonly top: (counts: SampleCounts) => number;
    readonly bottom: (counts: SampleCounts) => number;
    readonly of: string;
  },
): MetricValue {
  let top = 0, bottom = 0;
  for (const trace of traces) {
    const counts = countSample(trace);
    top += parts.top(counts);
    bottom += parts.bottom(counts);
  }
  return ratio(top, { denominator: bottom, of: parts.of });
}

const OWN = "defined by this kit";

/** Definitions of cost, ratios of sums over the samples. */
export const COST_DEFINITIONS: readonly MetricDefinition[] = [
  {
    id: "cost.tokens-per-call",
    unit: "tokens/call",
    meaning:
      "generated positions / network calls of an implementation that runs branches one by one",
    source: OWN,
    compute: (traces) =>
      overSums(traces, {
        top: (c) => c.canvas,
        bottom: (c) => c.branchForwards,
        of: "model calls",
      }),
  },
  {
    id: "cost.positions-per-token",
    unit: "positions/token",
    meaning:
      "positions computed, rows shared by branches once / generated positions",
    source: OWN,
    compute: (traces) =>
      overSums(traces, {
        top: (c) => c.positions,
        bottom: (c) => c.canvas,
        of: "generated positions",
      }),
  },
  {
    id: "cost.positions-per-useful-token",
    unit: "positions/token",
    meaning: "positions computed / ids before the first EOS",
    source: OWN,
    compute: (traces) =>
      overSums(traces, {
        top: (c) => c.positions,
        bottom: (c) => c.beforeEos,
        of: "tokens before the first EOS",
      }),
  },
  {
    id: "cost.branches-per-forward",
    unit: "branches",
    meaning: "branches evaluated / forward passes",
    source: OWN,
    compute: (traces) =>
      overSums(traces, {
        top: (c) => c.branchForwards,
        bottom: (c) => c.forwards,
        of: "forward passes",
      }),
  },
  {
    id: "cost.lookahead-win-share",
    unit: "share",
    meaning: "rounds won by a branch with a lookahead token / forward passes",
    source: OWN,
    compute: (traces) =>
      overSums(traces, {
        top: (c) => c.lookaheadWins,
        bottom: (c) => c.forwards,
        of: "forward passes",
      }),
  },
];
