/**
 * Tables of the measured throughput.
 *
 * @module
 */
import { THROUGHPUT_DEFINITIONS } from "../../metrics/throughput.ts";
import type { ResultTable } from "../experiment.ts";
import type { LopaDistCell } from "./lopa_dist.ts";
import { headlineTable } from "./lopa_dist_headline.ts";
import { layoutName } from "./lopa_dist_layouts.ts";
import { isStandIn } from "./lopa_dist_models.ts";
import { paperTables } from "./lopa_dist_paper.ts";
import {
  type EntryRow,
  entryRows,
  type LayoutRow,
  layoutRows,
  roundOf,
} from "./lopa_dist_rows.ts";

/** Name of a column for a definition of tokens per second: `tps.lopa-mean` as `lopa_mean_tps`. */
export function rateColumn(id: string): string {
  return `${id.replace("tps.", "").replaceAll("-", "_")}_tps`;
}

function scaling(rows: readonly LayoutRow[]): ResultTable {
  return {
    name: "lopa-dist-scaling",
    rows: rows.map((row) => ({
      model: row.parameters.model,
      stand_in: isStandIn(row.parameters.model),
      visibility: row.parameters.visibility,
      ...{ sequences: row.sequences, layout: row.name },
      ...{ rounds: row.rounds, turns: row.turns },
      round_ms: row.roundMs.median,
      round_ms_low: row.roundMs.low,
      round_ms_high: row.roundMs.high,
      factor: row.factor.median,
      factor_low: row.factor.low,
      factor_high: row.factor.high,
      latency_s: row.latency.median,
      same_output: row.same,
    })),
  };
}

function phases(rows: readonly LayoutRow[]): ResultTable {
  return {
    name: "lopa-dist-phases",
    rows: rows.map(({ parameters, sequences, name, phases, gapShare }) => ({
      ...{ model: parameters.model, visibility: parameters.visibility },
      ...{ sequences, layout: name, round_ms: roundOf(phases) },
      compute_ms: phases.compute,
      pre_write_ms: phases.preWrite,
      commit_ms: phases.commit,
      wait_ms: phases.wait,
      select_ms: phases.select,
      host_ms: phases.host,
      gap_ms: phases.gap,
      host_gap_percent: 100 * gapShare,
    })),
  };
}

function sweep(rows: readonly EntryRow[]): ResultTable {
  return {
    name: "lopa-dist-sweep",
    rows: rows.map((row) => ({
      ...{ about: row.parameters.model, task: row.parameters.task },
      ...{ setting: row.entry.id, model: row.entry.model },
      stand_in: isStandIn(row.entry.model),
      layout: layoutName(row.entry.layout),
      sequences: row.entry.lookaheads === null
        ? null
        : row.entry.lookaheads + 1,
      ...{ tau: row.entry.tau, problems: row.problems },
      score: row.score === null ? null : 100 * row.score,
      tpf: row.tpf,
      ...Object.fromEntries(
        THROUGHPUT_DEFINITIONS.map((
          { id },
        ) => [rateColumn(id), row.rates[id] ?? null]),
      ),
      latency_s: row.meanLatency,
      latency_median_s: row.latency.median,
      latency_max_s: row.latency.high,
    })),
  };
}

/** All tables. */
export async function distTables(
  cells: readonly LopaDistCell[],
): Promise<readonly ResultTable[]> {
  const layouts = layoutRows(cells), entries = entryRows(cells);
  const tables = [
    scaling(layouts),
    phases(layouts),
    sweep(entries),
    headlineTable(entries),
    ...await paperTables(entries, layouts),
  ];
  return tables.filter(({ rows }) => rows.length > 0);
}
