/**
 * What a forward costs as a function of its positions, and so how many devices the branches of a round need: several branches may
 * share a device in one pass, which the published system never does.
 *
 * @module
 */
import type { PhaseRow } from "../../figures/round_phases.ts";
import { roundPhasesFigure } from "../../figures/round_phases.ts";
import type { Figure } from "../../figures/types.ts";
import { forwardTime } from "../../metrics/projection/forward_time.ts";
import { publishedRate } from "../../metrics/projection/published_rate.ts";
import {
  PHASES,
  type RoundTime,
  type Stack,
  totalSeconds,
} from "../../metrics/projection/round_time.ts";
import type { ResultTable } from "../experiment.ts";
import { PHASE_NAMES } from "./throughput_projection_names.ts";
import { leanStack, MESH_RUN } from "./throughput_projection_meshes.ts";
import { PRINTED_THRESHOLD } from "./throughput_projection_model.ts";
import type { ProjectionResults } from "./throughput_projection_results.ts";
import {
  answerTokens,
  DREAM_7B,
  type SystemName,
  SYSTEMS,
} from "./throughput_projection_systems.ts";

const SYSTEM = "LoPA-Dist-NV", LOOKAHEADS = 7;

/** One way of spreading the eight branches of a round over H200s. */
export interface Packing {
  /** H200s, one branch group each. */
  readonly devices: number;
  /** Branches of a group, in one pass. */
  readonly branches: number;
  readonly time: RoundTime;
  /** Tokens per second. */
  readonly rate: number;
}

/** Eight branches on 8, 4, 2 and 1 devices, on a stack. */
export function packings(
  { projection, fit }: ProjectionResults,
  stack: Stack,
): Packing[] {
  return [8, 4, 2, 1].map((devices) => {
    const run = {
      ...{ ...MESH_RUN, system: SYSTEM, lookaheads: LOOKAHEADS } as const,
      threshold: PRINTED_THRESHOLD,
      mesh: { branchParallel: devices, tensorParallel: 1 },
    };
    const tpf = projection.tpf(run);
    const tokens = answerTokens(run, fit.constants);
    const time = projection.round(run, stack, { tpf, tokens });
    return {
      ...{ devices, branches: (LOOKAHEADS + 1) / devices, time },
      rate: publishedRate({ tpf, tokens }, totalSeconds(time)),
    };
  });
}

/** The published software, and one that exchanges choices and costs 1 ms per round. */
function stacks({ fit }: ProjectionResults): readonly (readonly [
  string,
  Stack,
])[] {
  return [
    ["The published software, fitted", SYSTEMS[SYSTEM].stack(fit.constants)],
    ["Choices exchanged, 1 ms fixed", leanStack(SYSTEM, 1e-3)],
  ];
}

function barName({ devices, branches }: Packing): string {
  return devices === 1
    ? `1 × H200, all ${branches} in one pass`
    : `${devices} × H200, ${branches} ${
      branches === 1 ? "branch" : "branches"
    } each`;
}

/** Rounds of eight branches on fewer and fewer devices. */
export function packingFigure(results: ProjectionResults): Figure {
  const all = stacks(results).map(([panel, stack]) => ({
    panel,
    rows: packings(results, stack),
  }));
  const words = all.map(({ panel, rows }) => {
    const [eight, , , one] = rows;
    return `${panel}: one H200 with all eight branches in one pass gives ${
      (100 * one!.rate / eight!.rate).toFixed(0)
    }% of the throughput of eight`;
  });
  return roundPhasesFigure(
    all.flatMap(({ panel, rows }) =>
      rows.flatMap((row): PhaseRow[] =>
        PHASES.map((phase) => ({
          ...{ panel, bar: barName(row), phase: PHASE_NAMES[phase] },
          milliseconds: 1e3 * row.time[phase],
        }))
      )
    ),
    {
      id: "lopa-packing",
      title: "how many devices eight branches need",
      subtitle: `${MESH_RUN.model} on ${MESH_RUN.benchmark} at τ = ${
        PRINTED_THRESHOLD.toFixed(2)
      }; TPF is the same on every line`,
      description: `${
        words.join(". ")
      }. Arithmetic at the sheet's peak, which favours the full device.`,
    },
  );
}

function packingTable(results: ProjectionResults): ResultTable {
  return {
    name: "lopa-throughput-packing",
    rows: stacks(results).flatMap(([software, stack]) =>
      packings(results, stack).map((
        { devices, branches, time, rate },
        _,
        all,
      ) => ({
        ...{ software, devices, branches_per_device: branches },
        round_ms: 1e3 * totalSeconds(time),
        compute_ms: 1e3 * time.compute,
        exchange_ms: 1e3 * time.exchange,
        tps: rate,
        share_of_eight_devices_percent: 100 * rate / all[0]!.rate,
        tps_per_device: rate / devices,
      }))
    ),
  };
}

/** Positions of the forwards in the table. */
const ROWS = [1, 8, 32, 64, 128, 256, 512, 1024] as const;

function forwardTable({ inputs }: ProjectionResults): ResultTable {
  const keys = 1000;
  const places = (Object.keys(SYSTEMS) as SystemName[]).flatMap((system) =>
    [1, 4].map((tensorParallel) => ({ system, tensorParallel }))
  );
  return {
    name: "lopa-throughput-forward",
    rows: places.flatMap(({ system, tensorParallel }) => {
      const { accelerator, precision } = SYSTEMS[system];
      const { device } = inputs.sheets[accelerator];
      return ROWS.map((rows) => {
        const place = { shape: DREAM_7B, device, precision, tensorParallel };
        const { layers, head, bound } = forwardTime({ rows, keys }, place);
        return {
          ...{ device: device.name, precision },
          tensor_parallel: tensorParallel,
          ...{ positions: rows, keys },
          layers_ms: 1e3 * layers,
          head_ms: 1e3 * head,
          bound,
        };
      });
    }),
  };
}

/** Their tables. */
export function packingTables(
  results: ProjectionResults,
): readonly ResultTable[] {
  return [packingTable(results), forwardTable(results)];
}
