/**
 * What the projected tables rest on: errors, constants, sheets, recordings, and how much other assumptions would change.
 *
 * @module
 */
import { weightBytes } from "../../metrics/projection/accelerator.ts";
import { quantile } from "../../metrics/quantile.ts";
import type { ResultTable } from "../experiment.ts";
import {
  branchGains,
  leanStack,
  meshesOf,
  meshRate,
  printedBranchGain,
} from "./throughput_projection_meshes.ts";
import {
  NOT_IDENTIFIED,
  type ProjectedRate,
  type ProjectionResults,
  sheetStack,
  unseenErrors,
} from "./throughput_projection_results.ts";
import {
  recordingPlaces,
  THRESHOLD_ENDS,
} from "./throughput_projection_grid.ts";
import {
  FITTED,
  QWEN3_8B,
  type SystemName,
  SYSTEMS,
} from "./throughput_projection_systems.ts";

/** Groups of rows whose errors are summed up, and who belongs to them. */
function groups(
  { table4, d2f }: ProjectionResults,
): readonly (readonly [string, readonly ProjectedRate[]])[] {
  const unprinted = table4.filter(({ tpfPrinted }) => !tpfPrinted);
  return [
    ["Table 4, all", table4],
    ...(Object.keys(SYSTEMS) as SystemName[]).flatMap((system) =>
      ["D2F-Dream-Base", "D2F-Dream-Instruct"].map((model) =>
        [
          `Table 4, ${system}, ${model}`,
          table4.filter(({ run }) =>
            run.system === system && run.model === model
          ),
        ] as const
      )
    ),
    [
      "Table 3 (S12 and S18: TPF printed)",
      table4.filter((row) => row.tpfPrinted),
    ],
    ["Table 4, TPF from recordings", unprinted],
    ["Table 7, D2F", d2f],
    ["all throughputs", [...table4, ...d2f]],
  ];
}

function errors(results: ProjectionResults): ResultTable {
  return {
    name: "lopa-throughput-errors",
    rows: groups(results).map(([rows, members]) => {
      const unseen = unseenErrors(members);
      return {
        rows,
        out_of_sample: unseen.length,
        median_error_percent: 100 * quantile(unseen, 0.5),
        p90_error_percent: 100 * quantile(unseen, 0.9),
        largest_error_percent: 100 * Math.max(...unseen),
      };
    }),
  };
}

function constants({ fit }: ProjectionResults): ResultTable {
  return {
    name: "lopa-throughput-constants",
    rows: FITTED.map(({ id, unit, meaning }) => {
      const error = fit.relativeErrors[id]!;
      const found = error < NOT_IDENTIFIED;
      return {
        constant: id,
        value: found ? fit.constants[id]! : null,
        unit,
        standard_error_percent: found ? 100 * error : null,
        determined: !found
          ? "not identifiable"
          : error > 0.25
          ? "weakly"
          : "yes",
        meaning,
        fitted_on: "average throughput of S1, S7 and S13 (12 numbers)",
      };
    }),
  };
}

function sheets({ inputs }: ProjectionResults): ResultTable {
  return {
    name: "lopa-throughput-sheets",
    rows: Object.values(inputs.sheets).flatMap(({ device, values }) =>
      Object.entries(values).map(([quantity, found]) => ({
        ...{ device: device.name, quantity, value: found.value },
        ...{ unit: found.unit, kind: found.kind, source: found.source },
      }))
    ),
  };
}

function sensitivity({ sensitivity }: ProjectionResults): ResultTable {
  return {
    name: "lopa-throughput-sensitivity",
    rows: sensitivity.map(({ name, fit, median, p90 }) => ({
      assumption: name,
      fitted: Object.keys(fit.constants).length,
      median_error_percent: 100 * median,
      p90_error_percent: 100 * p90,
      ...Object.fromEntries(
        FITTED.map(({ id }) => [
          id,
          (fit.relativeErrors[id] ?? Infinity) < NOT_IDENTIFIED
            ? fit.constants[id]!
            : null,
        ]),
      ),
    })),
  };
}

function gains(results: ProjectionResults): ResultTable {
  const printed = printedBranchGain(results);
  return {
    name: "lopa-throughput-branch-gain",
    rows: [
      ...branchGains(results).map((gain) => ({
        ...{ model: gain.model, benchmark: gain.benchmark },
        ...{ tau: gain.threshold, role: gain.role },
        tpf_factor: gain.tpf,
        round_factor: gain.round,
        projected_factor: gain.projected,
        paper_factor: gain.paper,
        from: "projection",
      })),
      {
        ...{ model: "D2F-Dream-Instruct", benchmark: "GSM8K", tau: 0.9 },
        role: "paper alone",
        tpf_factor: printed.tpf,
        round_factor: printed.round,
        projected_factor: null,
        paper_factor: printed.rate,
        from: "TPF of Fig. 4 at k = 7 and 3, throughput of S8 and S2",
      },
    ],
  };
}

function meshes(results: ProjectionResults): ResultTable {
  const { fit, inputs } = results;
  const systems = Object.keys(SYSTEMS) as SystemName[];
  return {
    name: "lopa-throughput-meshes",
    rows: systems.flatMap((system) =>
      THRESHOLD_ENDS.flatMap((threshold) =>
        meshesOf(system).map((mesh) => {
          const fitted = SYSTEMS[system].stack(fit.constants);
          const of = (stack: typeof fitted) =>
            meshRate(results, { system, mesh, threshold, stack });
          const published = of(fitted);
          return {
            ...{ system, tau: threshold, ...named(mesh), tpf: published.tpf },
            fitted_round_ms: 1e3 * published.seconds,
            fitted_tps: published.rate,
            choices_tps: of(leanStack(system, fitted.fixedSeconds)).rate,
            one_ms_tps: of(leanStack(system, 1e-3)).rate,
            sheet_bound_tps: of(sheetStack(system, inputs)).rate,
          };
        })
      )
    ),
  };
}

function named(
  mesh: { readonly branchParallel: number; readonly tensorParallel: number },
) {
  return {
    branch_parallel: mesh.branchParallel,
    tensor_parallel: mesh.tensorParallel,
  };
}

function recorded({ inputs }: ProjectionResults): ResultTable {
  return {
    name: "lopa-throughput-recordings",
    rows: recordingPlaces().map((place) => {
      const { rounds, tokens, steps } = inputs.recordings.get(place);
      const count = rounds.reduce((sum, [, , n]) => sum + n, 0);
      const mean = (column: 0 | 1) =>
        rounds.reduce((sum, round) => sum + round[column] * round[2], 0) /
        count;
      return {
        ...{ model: place.model, block_size: place.blockSize },
        ...{ window: place.visibility, lookaheads: place.lookaheads },
        ...{ tau: place.threshold, tpf: tokens / steps },
        mean_branches: mean(0),
        mean_rows: mean(1),
      };
    }),
  };
}

/** The autoregressive baseline cannot be projected, but bounded: each token reads all weights once. */
function bounds({ inputs, table7, fig1 }: ProjectionResults): ResultTable {
  const bytes = weightBytes(QWEN3_8B, "bf16");
  const { device } = inputs.sheets.h200;
  const bound = device.memoryBandwidth / bytes;
  const row = (from: string, benchmark: string, paper: number) => ({
    ...{ system: "Qwen3-8B", from, benchmark, paper_avg_tps: paper },
    one_h200_bf16_bound_tps: bound,
    paper_over_bound: paper / bound,
    reading:
      "not below what one H200 can read in bf16 at its sheet's bandwidth: more devices or smaller weights, which the paper does not state",
  });
  return {
    name: "lopa-throughput-bounds",
    rows: [
      ...table7.filter(({ model }) => model.startsWith("Qwen3")).map((paper) =>
        row("Table 7", paper.benchmark, paper.avg_tps!)
      ),
      ...fig1.filter(({ bar }) => bar === "A").map((paper) =>
        row("Fig. 1", paper.benchmark, paper.avg_tps)
      ),
    ],
  };
}

/** All of them. */
export function supportTables(
  results: ProjectionResults,
): readonly ResultTable[] {
  return [
    errors(results),
    constants(results),
    sensitivity(results),
    gains(results),
    meshes(results),
    bounds(results),
    sheets(results),
    recorded(results),
  ];
}
