/**
 * Figures of the projection: throughput and errors, what a round is made of, why more branches buy little, and which mesh is best.
 *
 * @module
 */
import { branchGainFigure } from "../../figures/branch_gain.ts";
import { meshCurvesFigure } from "../../figures/mesh_curves.ts";
import { projectionErrorsFigure } from "../../figures/projection_errors.ts";
import {
  type PhaseRow,
  roundPhasesFigure,
} from "../../figures/round_phases.ts";
import { throughputCurvesFigure } from "../../figures/throughput_curves.ts";
import type { Figure } from "../../figures/types.ts";
import {
  type Mesh,
  PHASES,
  type RoundTime,
  totalSeconds,
} from "../../metrics/projection/round_time.ts";
import { quantile } from "../../metrics/quantile.ts";
import {
  branchGains,
  fittedRound,
  leanStack,
  MESH_RUN,
  meshChanges,
  meshesOf,
  meshRate,
  printedBranchGain,
  sheetRound,
} from "./throughput_projection_meshes.ts";
import { PHASE_NAMES } from "./throughput_projection_names.ts";
import { packingFigure } from "./throughput_projection_packing.ts";
import { PRINTED_THRESHOLD } from "./throughput_projection_model.ts";
import {
  type ProjectedRate,
  type ProjectionResults,
  unseenErrors,
} from "./throughput_projection_results.ts";
import {
  FITTED,
  type SystemName,
  SYSTEMS,
} from "./throughput_projection_systems.ts";

function shortModel(model: string): string {
  return model.replace("D2F-Dream-", "");
}

function meshName({ branchParallel, tensorParallel }: Mesh): string {
  return `BP ${branchParallel} × TP ${tensorParallel}`;
}

function systemName({ run }: ProjectedRate): string {
  const device = run.system === "LoPA-Dist-NV" ? "H200" : "910C";
  return `${device}, ${meshName(run.mesh)}`;
}

function errorsOf({ table4, d2f }: ProjectionResults) {
  const errors = unseenErrors([...table4, ...d2f]).map((error) => 100 * error);
  return { median: quantile(errors, 0.5), p90: quantile(errors, 0.9) };
}

function curves(results: ProjectionResults): Figure {
  const errors = unseenErrors(results.table4);
  return throughputCurvesFigure(
    results.table4.map((row) => ({
      panel: `${row.run.model} on ${row.run.benchmark}`,
      series: systemName(row),
      threshold: row.run.threshold,
      ...{ projected: row.projected, paper: row.paper },
      fitted: row.role === "calibration",
    })),
    {
      medianError: 100 * quantile(errors, 0.5),
      constants: FITTED.length,
    },
  );
}

function errors(results: ProjectionResults): Figure {
  const rows = [
    ...results.table4.map((row) => ({ row, group: systemName(row) })),
    ...results.d2f.map((row) => ({ row, group: "Table 7" })),
  ].map(({ row, group }) => ({
    ...{ group, setting: row.setting ?? "D2F" },
    series: `${shortModel(row.run.model)}, ${row.run.benchmark}`,
    percent: 100 * row.error,
    fitted: row.role === "calibration",
  }));
  const order = (setting: string) =>
    setting === "D2F" ? Infinity : Number(setting.slice(1));
  return projectionErrorsFigure(
    rows.toSorted((a, b) => order(a.setting) - order(b.setting)),
    errorsOf(results),
  );
}

const FITTED_PANEL = "With fitted constants",
  SHEETS_PANEL = "Sheets alone: no software reaches this";

function phases(results: ProjectionResults): Figure {
  const wanted = (setting: string) =>
    results.table4.find((row) =>
      row.setting === setting && row.run.model === MESH_RUN.model &&
      row.run.benchmark === MESH_RUN.benchmark
    )!;
  const d2f = results.d2f.find(({ run }) =>
    run.model === MESH_RUN.model && run.benchmark === MESH_RUN.benchmark
  )!;
  const bars = [
    { bar: "D2F, one H200", row: d2f },
    ...["S6", "S12", "S18"].map((setting) => ({
      bar: `${setting}: ${systemName(wanted(setting))}`,
      row: wanted(setting),
    })),
  ];
  const part = (panel: string, bar: string, time: RoundTime): PhaseRow[] =>
    PHASES.map((phase) => ({
      ...{ panel, bar, phase: PHASE_NAMES[phase] },
      milliseconds: 1e3 * time[phase],
    }));
  const sum = ({ row }: (typeof bars)[number]) => {
    const fitted = 1e3 * totalSeconds(fittedRound(results, row));
    const sheets = 1e3 * totalSeconds(sheetRound(results, row));
    return { fitted, sheets };
  };
  const words = bars.map((one) => {
    const { fitted, sheets } = sum(one);
    return `${one.bar} ${fitted.toFixed(1)} ms against ${sheets.toFixed(1)} ms`;
  });
  return roundPhasesFigure(
    bars.flatMap(({ bar, row }) => [
      ...part(FITTED_PANEL, bar, fittedRound(results, row)),
      ...part(SHEETS_PANEL, bar, sheetRound(results, row)),
    ]),
    {
      id: "lopa-round-phases",
      title: "what a round's time goes into",
      subtitle: `${MESH_RUN.model} on ${MESH_RUN.benchmark} at τ = ${
        PRINTED_THRESHOLD.toFixed(2)
      }; 910C: W8A8, a rank is one die`,
      description: `Fitted against what data sheets alone would allow: ${
        words.join(", ")
      }. Most of a published round is neither arithmetic nor memory.`,
    },
  );
}

function gains(results: ProjectionResults): Figure {
  const rows = branchGains(results).map((gain) => ({
    run: `${shortModel(gain.model)}, ${gain.benchmark}`,
    ...{ threshold: gain.threshold, tpf: gain.tpf, round: gain.round },
    ...{ throughput: gain.projected, paper: gain.paper },
  }));
  const { tpf, round } = printedBranchGain(results);
  return branchGainFigure(rows, { threshold: 0.9, tpf, round });
}

/** Fixed times of the mesh figure: 0.1 to 20 ms, evenly on a log scale. */
const FIXED_MS = Array.from(
  { length: 93 },
  (_, i) => Number((0.1 * 10 ** (i / 40)).toPrecision(4)),
);

const MACHINES: Readonly<Record<SystemName, string>> = {
  "LoPA-Dist-NV": "8 × H200, BF16",
  "LoPA-Dist-Ascend": "8 × Ascend 910C (16 dies), W8A8",
};

function meshes(results: ProjectionResults): Figure {
  const systems = Object.keys(SYSTEMS) as SystemName[];
  const threshold = PRINTED_THRESHOLD;
  const fixed = (system: SystemName) =>
    1e3 * SYSTEMS[system].stack(results.fit.constants).fixedSeconds;
  const rows = systems.flatMap((system) =>
    meshesOf(system).flatMap((mesh) =>
      FIXED_MS.map((fixedMs) => ({
        ...{ panel: MACHINES[system], ...mesh, fixedMs },
        rate: meshRate(results, {
          ...{ system, mesh, threshold },
          stack: leanStack(system, fixedMs / 1e3),
        }).rate,
      }))
    )
  );
  const words = systems.map((system) => {
    const changes = meshChanges(results, { system, threshold });
    return `${MACHINES[system]}: ${
      changes.map(({ below, above, seconds }) =>
        `${meshName(below)} is best below ${(1e3 * seconds).toFixed(1)} ms, ${
          meshName(above)
        } above`
      ).join("; ")
    }`;
  });
  return meshCurvesFigure(rows, {
    fitted: Object.fromEntries(
      systems.map((system) => [MACHINES[system], fixed(system)]),
    ),
    run: `${MESH_RUN.model} on ${MESH_RUN.benchmark}, τ = ${
      threshold.toFixed(2)
    }`,
    description:
      `The less time the software costs per round, the more tensor parallelism pays. ${
        words.join(". ")
      }.`,
  });
}

/** All figures. */
export function projectionFigures(
  results: ProjectionResults,
): Promise<readonly Figure[]> {
  return Promise.resolve([
    curves(results),
    errors(results),
    phases(results),
    gains(results),
    meshes(results),
    packingFigure(results),
  ]);
}
