/**
 * The paper's throughput tables with three columns each: measured, projected, paper. What cannot be filled says why.
 *
 * @module
 */
import type { FigureRow } from "../../figures/types.ts";
import { PHASES } from "../../metrics/projection/round_time.ts";
import type { ResultTable } from "../experiment.ts";
import { fittedRound, sheetRate } from "./throughput_projection_meshes.ts";
import { packingTables } from "./throughput_projection_packing.ts";
import {
  d2fRun,
  type ProjectedRate,
  type ProjectionResults,
} from "./throughput_projection_results.ts";
import { supportTables } from "./throughput_projection_support.ts";
import {
  answerTokens,
  type SystemName,
} from "./throughput_projection_systems.ts";

/** Why measured columns are empty. */
export const NOT_MEASURED =
  "needs the published 7B weights and 8 x H200 or 8 x Ascend 910C";

/** Why a column is not projected. */
const SPREAD =
  "not identifiable: a maximum depends on the spread over samples, of which the paper prints nothing else";
const OTHER_ENGINE =
  "not identifiable: another engine, its devices and precision not stated";
const OTHER_LATENCY =
  "not identifiable: printed latency times throughput exceeds the sequence length, so it is defined differently and not stated how";
const WHOLE_LATENCY =
  "not identifiable: seems to hold the first pass over the prompt, whose length is not stated";

function percent(share: number): number {
  return 100 * share;
}

/** Phases of a round in milliseconds. */
function phases(results: ProjectionResults, row: ProjectedRate): FigureRow {
  const time = fittedRound(results, row);
  return Object.fromEntries(
    PHASES.map((phase) => [`projected_${snake(phase)}_ms`, 1e3 * time[phase]]),
  );
}

function snake(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function rate(row: ProjectedRate): FigureRow {
  return {
    measured_avg_tps: null,
    projected_avg_tps: row.projected,
    paper_avg_tps: row.paper,
    error_percent: percent(row.error),
    role: row.role,
  };
}

function tpf(row: ProjectedRate): FigureRow {
  return {
    tpf: row.tpf,
    tpf_from: row.tpfPrinted ? "printed" : "recording, scaled",
  };
}

function table3(results: ProjectionResults): ResultTable {
  const { inputs, fit, table4 } = results;
  return {
    name: "lopa-throughput-table3",
    rows: inputs.table3.map((paper) => {
      const row = table4.find(({ run, tpfPrinted }) =>
        tpfPrinted && run.system === paper.system &&
        run.model === paper.model && run.benchmark === paper.benchmark
      )!;
      const nv = paper.system === "LoPA-Dist-NV";
      const tokens = answerTokens(row.run, fit.constants);
      return {
        ...{ model: paper.model, system: paper.system },
        ...{ benchmark: paper.benchmark, ...tpf(row), ...rate(row) },
        sheet_bound_tps: sheetRate(results, row),
        measured_latency_s: null,
        projected_latency_s: nv ? tokens / row.projected : null,
        paper_latency_s: paper.latency_s,
        measured_max_tps: null,
        projected_max_tps: null,
        paper_max_tps: paper.max_tps,
        why_not_measured: NOT_MEASURED,
        why_not_projected: nv ? SPREAD : `${SPREAD}; latency: ${OTHER_LATENCY}`,
      };
    }),
  };
}

function table4(results: ProjectionResults): ResultTable {
  const { inputs } = results;
  return {
    name: "lopa-throughput-table4",
    rows: results.table4.map((row, i) => {
      const paper = inputs.table4[i]!;
      const { run } = row;
      return {
        ...{ model: run.model, system: run.system, setting: row.setting },
        ...{ benchmark: run.benchmark, tau: run.threshold },
        branch_parallel: run.mesh.branchParallel,
        tensor_parallel: run.mesh.tensorParallel,
        ...tpf(row),
        ...rate(row),
        measured_max_tps: null,
        projected_max_tps: null,
        paper_max_tps: paper.max_tps,
        measured_top10_tps: null,
        projected_top10_tps: null,
        paper_top10_tps: paper.top10_tps,
        paper_score: paper.score,
        why_not_measured: NOT_MEASURED,
        why_not_projected: SPREAD,
      };
    }),
  };
}

/** Table 6 states settings; what the projection makes of them is the round. */
function table6(results: ProjectionResults): ResultTable {
  return {
    name: "lopa-throughput-table6",
    rows: results.inputs.table6.map((paper) => {
      const row = results.table4.find(({ setting, run }) =>
        setting === paper.setting && run.model === "D2F-Dream-Base" &&
        run.benchmark === "GSM8K"
      )!;
      return {
        ...{ setting: paper.setting, system: paper.system },
        precision: paper.precision,
        tensor_parallel: paper.tensor_parallel,
        branch_parallel: paper.branch_parallel,
        block_size: paper.block_size,
        sequence_length: paper.sequence_length,
        ...{ tau_add: paper.tau_add, tau_act: paper.tau_act },
        tau_conf: paper.tau_conf,
        ...phases(results, row),
        measured_round_ms: null,
        why_not_measured: NOT_MEASURED,
      };
    }),
  };
}

function table7(results: ProjectionResults): ResultTable {
  const { d2f } = results;
  return {
    name: "lopa-throughput-table7",
    rows: results.table7.map((paper) => {
      const { model, benchmark } = d2fRun(paper.model, paper.benchmark);
      const row = !paper.model.startsWith("D2F")
        ? undefined
        : d2f.find(({ run }) =>
          run.model === model && run.benchmark === benchmark
        );
      return {
        ...{ model: paper.model, benchmark: paper.benchmark, tpf: paper.tpf },
        tpf_from: "printed",
        ...(row === undefined
          ? {
            measured_avg_tps: null,
            projected_avg_tps: null,
            paper_avg_tps: paper.avg_tps,
            error_percent: null,
            role: "not projected",
          }
          : rate(row)),
        measured_latency_s: null,
        projected_latency_s: null,
        paper_latency_s: paper.latency_s,
        paper_score: paper.score,
        why_not_measured: NOT_MEASURED,
        why_not_projected: row === undefined
          ? OTHER_ENGINE
          : `latency: ${WHOLE_LATENCY}`,
      };
    }),
  };
}

const BARS: Readonly<Record<string, SystemName>> = {
  E: "LoPA-Dist-NV",
  F: "LoPA-Dist-Ascend",
};

function fig1(results: ProjectionResults): ResultTable {
  const base = (row: ProjectedRate, benchmark: string) =>
    row.run.model === "D2F-Dream-Base" && row.run.benchmark === benchmark;
  return {
    name: "lopa-throughput-fig1",
    rows: results.fig1.map(({ benchmark, bar, system, avg_tps }) => {
      const found = bar === "D"
        ? results.d2f.find((row) => base(row, benchmark))
        : results.table4.find((row) =>
          row.tpfPrinted && base(row, benchmark) &&
          row.run.system === BARS[bar]
        );
      return {
        ...{ benchmark, bar, system },
        measured_avg_tps: null,
        projected_avg_tps: found?.projected ?? null,
        paper_avg_tps: avg_tps,
        why_not_measured: NOT_MEASURED,
        why_not_projected: found === undefined ? OTHER_ENGINE : "",
      };
    }),
  };
}

/** All tables: the paper's first, then what they rest on. */
export function projectionTables(
  results: ProjectionResults,
): readonly ResultTable[] {
  return [
    table3(results),
    table4(results),
    table6(results),
    table7(results),
    fig1(results),
    ...supportTables(results),
    ...packingTables(results),
  ];
}
