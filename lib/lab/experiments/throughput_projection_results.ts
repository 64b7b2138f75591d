/**
 * Everything that the tables and figures of the projection show, computed once from the recordings and the papers' data.
 *
 * @module
 */
import { calibrate, type Fit } from "../../metrics/projection/calibrate.ts";
import type { Stack } from "../../metrics/projection/round_time.ts";
import { quantile } from "../../metrics/quantile.ts";
import { loadAccelerators } from "../hardware.ts";
import { loadPaperTable } from "../paper.ts";
import type { PaperRow } from "../paper_schema.ts";
import {
  OTHER_SOURCES,
  recordingPlaces,
} from "./throughput_projection_grid.ts";
import {
  ASSUMED,
  type Assumptions,
  PRINTED_THRESHOLD,
  Projection,
  type ProjectionInputs,
  type Run,
} from "./throughput_projection_model.ts";
import {
  type RecordingCell,
  Recordings,
} from "./throughput_projection_rounds.ts";
import {
  FITTED,
  START,
  type SystemName,
  SYSTEMS,
} from "./throughput_projection_systems.ts";

/** A relative standard error from which on a constant counts as not identified. */
export const NOT_IDENTIFIED = 1;

/** A published throughput and its projection. */
export interface ProjectedRate {
  readonly run: Run;
  /** Of Table 4; `null` for rows of Table 7. */
  readonly setting: string | null;
  /** Whether the fit has seen the number. */
  readonly role: "calibration" | "out of sample";
  /** TPF that the projection uses. */
  readonly tpf: number;
  /** Whether the paper prints that TPF. */
  readonly tpfPrinted: boolean;
  readonly projected: number;
  readonly paper: number;
  /** Projected over printed, less 1. */
  readonly error: number;
}

/** How well one set of assumptions does. */
export interface Sensitivity {
  readonly name: string;
  readonly fit: Fit;
  /** Quantiles of the absolute errors out of sample. */
  readonly median: number;
  readonly p90: number;
}

/** All results. */
export interface ProjectionResults {
  readonly inputs: ProjectionInputs;
  readonly projection: Projection;
  readonly fit: Fit;
  /** In the order of Table 4. */
  readonly table4: readonly ProjectedRate[];
  /** D2F rows of Table 7, in its order. */
  readonly d2f: readonly ProjectedRate[];
  readonly sensitivity: readonly Sensitivity[];
  readonly table7: readonly PaperRow<"lopa_table7">[];
  readonly fig1: readonly PaperRow<"lopa_fig1">[];
  readonly fig4: readonly PaperRow<"lopa_fig4">[];
}

/** Absolute errors of the rows that the fit has not seen. */
export function unseenErrors(rows: readonly ProjectedRate[]): number[] {
  return rows.filter(({ role }) => role === "out of sample")
    .map(({ error }) => Math.abs(error));
}

/** A system's software if nothing but the sheets cost time: no fixed time, exchange over the device's links. */
export function sheetStack(
  system: SystemName,
  { sheets }: ProjectionInputs,
): Stack {
  const stack = SYSTEMS[system].stack({
    nvFixed: 0,
    ascendFixed: 0,
    nvExchange: sheets.h200.device.linkBandwidth / 1e9,
  });
  return stack;
}

/** The D2F baseline of Table 7 as a run: one branch on one H200 with the NV software, which the paper does not state. */
export function d2fRun(model: string, benchmark: string): Run {
  return {
    model: model.includes("Base") ? "D2F-Dream-Base" : "D2F-Dream-Instruct",
    ...{ benchmark, system: "LoPA-Dist-NV", lookaheads: 0 },
    threshold: PRINTED_THRESHOLD,
    mesh: { branchParallel: 1, tensorParallel: 1 },
  };
}

function table4Rates(
  projection: Projection,
  { constants }: Fit,
  { table4, calibration }: ProjectionInputs & Pick<Assumptions, "calibration">,
): ProjectedRate[] {
  return table4.map((row) => {
    const run = projection.run(row);
    const projected = projection.rate(run, constants);
    return {
      ...{ run, setting: row.setting, projected, paper: row.avg_tps },
      role: calibration.includes(row.setting) ? "calibration" : "out of sample",
      tpf: projection.tpf(run),
      tpfPrinted: row.setting === SYSTEMS[run.system].printed.setting,
      error: projected / row.avg_tps - 1,
    };
  });
}

function d2fRates(
  projection: Projection,
  { constants }: Fit,
  table7: readonly PaperRow<"lopa_table7">[],
): ProjectedRate[] {
  return table7.filter(({ model }) => model.startsWith("D2F")).map((row) => {
    const run = d2fRun(row.model, row.benchmark);
    const projected = projection.rate(run, constants, row.tpf);
    return {
      ...{ run, setting: null, role: "out of sample", projected },
      ...{ tpf: row.tpf, tpfPrinted: true, paper: row.avg_tps! },
      error: projected / row.avg_tps! - 1,
    };
  });
}

/** What else could have been assumed. */
function alternatives(
  fig4: readonly PaperRow<"lopa_fig4">[],
): readonly (readonly [string, Partial<Assumptions>])[] {
  const tpf = (branches: number) =>
    fig4.find((row) => row.benchmark === "GSM8K" && row.branches === branches)!
      .tpf;
  return [
    ["as projected", {}],
    ...OTHER_SOURCES.map((source) =>
      [
        `rounds of ${source.model}, blocks of ${source.blockSize}`,
        { source },
      ] as const
    ),
    ["TPF of 4 over 8 sequences from Fig. 4 (GSM8K), at every threshold", {
      branchRatio: tpf(3) / tpf(7),
    }],
    ["fitted at τ = 0.80: S4, S10 and S16", {
      calibration: ["S4", "S10", "S16"],
    }],
    ["fitted at τ = 0.70: S6, S12 and S18", {
      calibration: ["S6", "S12", "S18"],
    }],
    ["windows half as long again", { windowFactor: 1.5 }],
    ["latencies of collectives three times as long", { latencyFactor: 3 }],
    ["prompts twice as long", { promptTokens: 2 * ASSUMED.promptTokens }],
    ["rates without the definition's ends (answer lengths not fitted)", {
      definition: "steady",
    }],
    ["no knowledge of thresholds: TPF as printed at every one", { flat: true }],
  ];
}

/** Fits under some assumptions; answer lengths are fitted only where the rates depend on them. */
function fitted(projection: Projection, assumed: Partial<Assumptions>): Fit {
  const start = Object.fromEntries(
    Object.entries(START).filter(([id]) =>
      assumed.definition !== "steady" || !id.startsWith("tokens")
    ),
  );
  return calibrate(projection.observations(), start);
}

function sensitivityOf(
  inputs: ProjectionInputs,
  [name, assumed]: readonly [string, Partial<Assumptions>],
): Sensitivity {
  const projection = new Projection(inputs, { ...ASSUMED, ...assumed });
  const fit = fitted(projection, assumed);
  const { calibration } = { ...ASSUMED, ...assumed };
  const rows = table4Rates(projection, fit, { ...inputs, calibration });
  const errors = unseenErrors(rows);
  return {
    ...{ name, fit },
    median: quantile(errors, 0.5),
    p90: quantile(errors, 0.9),
  };
}

/** What the projection takes from the paper and the sheets. */
export interface PublishedData
  extends
    Omit<ProjectionInputs, "recordings">,
    Pick<ProjectionResults, "table7" | "fig1" | "fig4"> {}

/** Reads it. Needs read permission for `data`. */
export async function loadPublishedData(): Promise<PublishedData> {
  const [table3, table4, table6, table7, fig1, fig4] = await Promise.all([
    loadPaperTable("lopa_table3"),
    loadPaperTable("lopa_table4"),
    loadPaperTable("lopa_table6"),
    loadPaperTable("lopa_table7"),
    loadPaperTable("lopa_fig1"),
    loadPaperTable("lopa_fig4"),
  ]);
  return {
    sheets: await loadAccelerators(),
    table3: table3.rows,
    table4: table4.rows,
    table6: table6.rows,
    table7: table7.rows,
    fig1: fig1.rows,
    fig4: fig4.rows,
  };
}

const known = new WeakMap<readonly RecordingCell[], ProjectionResults>();

/** Projects from finished cells; `null` as long as a recording is missing. */
export function projectionResults(
  cells: readonly RecordingCell[],
  published: PublishedData,
): ProjectionResults | null {
  const found = known.get(cells);
  if (found !== undefined) return found;
  const recordings = new Recordings(cells);
  if (!recordings.has(recordingPlaces())) return null;
  const inputs: ProjectionInputs = { ...published, recordings };
  const projection = new Projection(inputs);
  const fit = fitted(projection, {});
  const made: ProjectionResults = {
    ...{ inputs, projection, fit },
    table4: table4Rates(projection, fit, { ...inputs, ...ASSUMED }),
    d2f: d2fRates(projection, fit, published.table7),
    sensitivity: alternatives(published.fig4).map((one) =>
      sensitivityOf(inputs, one)
    ),
    table7: published.table7,
    fig1: published.fig1,
    fig4: published.fig4,
  };
  known.set(cells, made);
  return made;
}

/** Names of constants that the calibration rows do not determine. */
export function notIdentified({ relativeErrors }: Fit): string[] {
  return FITTED.filter(({ id }) =>
    !((relativeErrors[id] ?? Infinity) < NOT_IDENTIFIED)
  ).map(({ id }) => id);
}
