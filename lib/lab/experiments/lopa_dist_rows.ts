/**
 * Cells of the measured throughput as rows: medians with their spread, ratios within one run, scores.
 *
 * @module
 */
import { mean, quantile } from "../../metrics/quantile.ts";
import type { LopaDistCell } from "./lopa_dist.ts";
import type { ScalingParameters, SweepParameters } from "./lopa_dist_grid.ts";
import { type Layout, layoutName } from "./lopa_dist_layouts.ts";
import type { LayoutResult } from "./lopa_dist_scaling.ts";
import type { SweepEntry } from "./lopa_dist_settings.ts";
import type { EntryResult } from "./lopa_dist_sweep.ts";

/** A median with the least and the most. */
export interface Spread {
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

/** Median, least and most; `NaN` for no values. */
export function spreadOf(values: readonly number[]): Spread {
  return {
    median: quantile(values, 0.5),
    low: quantile(values, 0),
    high: quantile(values, 1),
  };
}

/** One layout of one scaling cell. */
export interface LayoutRow {
  readonly parameters: ScalingParameters;
  readonly layout: Layout;
  readonly name: string;
  /** Branches and the anchor. */
  readonly sequences: number;
  /** Rounds of one turn. */
  readonly rounds: number;
  readonly turns: number;
  readonly roundMs: Spread;
  /** Rate of rounds over that of one device of one thread, turn by turn. */
  readonly factor: Spread;
  /** Seconds per answer. */
  readonly latency: Spread;
  readonly phases: LayoutResult["phases"];
  readonly timeline: LayoutResult["timeline"];
  /** Share of the time in which no device computes, pre-writes or commits. */
  readonly gapShare: number;
  /** Whether all tokens are those of one device of one thread. */
  readonly same: boolean;
}

/** Rows of all scaling cells; the first layout of a cell is what the others are held against. */
export function layoutRows(cells: readonly LopaDistCell[]): LayoutRow[] {
  return cells.flatMap(({ plan: { parameters }, result }) => {
    if (parameters.kind !== "scaling" || result.kind !== "scaling") return [];
    const { rounds, layouts } = result;
    const [one] = layouts;
    return layouts.map((row): LayoutRow => ({
      ...{ parameters, layout: row.layout, name: layoutName(row.layout) },
      ...{ sequences: parameters.lookaheads + 1, rounds },
      turns: row.turnsMs.length,
      roundMs: spreadOf(row.turnsMs.map((ms) => ms / rounds)),
      factor: spreadOf(row.turnsMs.map((ms, i) => one!.turnsMs[i]! / ms)),
      latency: spreadOf(row.latencies),
      ...{ phases: row.phases, timeline: row.timeline },
      gapShare: row.phases.gap / roundOf(row.phases),
      same: row.digest === one!.digest,
    }));
  });
}

/** Milliseconds of a round. */
export function roundOf(
  { compute, preWrite, commit, wait, select, host }: LayoutResult["phases"],
): number {
  return compute + preWrite + commit + wait + select + host;
}

/** One entry of one sweep cell. */
export interface EntryRow {
  readonly parameters: SweepParameters;
  readonly entry: SweepEntry;
  readonly problems: number;
  /** Share of right answers; `null` where there is nobody to grade. */
  readonly score: number | null;
  readonly correct: EntryResult["correct"];
  /** Tokens before the end of answers, per forward. */
  readonly tpf: number;
  /** Seconds per answer. */
  readonly latency: Spread;
  readonly meanLatency: number;
  /** Every definition of tokens per second, by its id. */
  readonly rates: Readonly<Record<string, number | null>>;
}

/** Rows of all sweep cells. */
export function entryRows(cells: readonly LopaDistCell[]): EntryRow[] {
  return cells.flatMap(({ plan: { parameters }, result }) => {
    if (parameters.kind !== "sweep" || result.kind !== "sweep") return [];
    return parameters.entries.map((entry, i) =>
      entryRow(parameters, entry, result.entries[i]!)
    );
  });
}

function entryRow(
  parameters: SweepParameters,
  entry: SweepEntry,
  { correct, latencies, tokens, forwards, rates }: EntryResult,
): EntryRow {
  const graded = correct.filter((right) => right !== null);
  const sum = (values: readonly number[]) => mean(values) * values.length;
  return {
    ...{ parameters, entry, problems: correct.length, correct },
    score: graded.length === 0 ? null : mean(graded.map(Number)),
    tpf: sum(tokens) / sum(forwards),
    latency: spreadOf(latencies),
    meanLatency: mean(latencies),
    rates: Object.fromEntries(rates.map(({ id, value }) => [id, value])),
  };
}

/** The definition that LoPA's tables use. */
export const PAPER_RATE = "tps.lopa-mean";

/** The definition of the headline: what a client gets to read per second. */
export const CLIENT_RATE = "tps.client";
