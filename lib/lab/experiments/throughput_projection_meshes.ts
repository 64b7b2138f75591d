/**
 * What the paper leaves open, projected: why eight branches buy so little over four, and which mesh of branch and tensor parallel
 * ranks is best where.
 *
 * @module
 */
import { publishedRate } from "../../metrics/projection/published_rate.ts";
import {
  type Mesh,
  type RoundTime,
  type Stack,
  totalSeconds,
} from "../../metrics/projection/round_time.ts";
import type { Run } from "./throughput_projection_model.ts";
import {
  type ProjectedRate,
  type ProjectionResults,
  sheetStack,
} from "./throughput_projection_results.ts";
import {
  answerTokens,
  type SystemName,
  SYSTEMS,
} from "./throughput_projection_systems.ts";

/** Projected round of a row of the tables under the fitted software. */
export function fittedRound(
  { projection, fit }: ProjectionResults,
  { run, tpf }: Pick<ProjectedRate, "run" | "tpf">,
): RoundTime {
  const tokens = answerTokens(run, fit.constants);
  const stack = SYSTEMS[run.system].stack(fit.constants);
  return projection.round(run, stack, { tpf, tokens });
}

/** The same if nothing but the sheets cost time: a lower bound. */
export function sheetRound(
  { projection, fit, inputs }: ProjectionResults,
  { run, tpf }: Pick<ProjectedRate, "run" | "tpf">,
): RoundTime {
  const tokens = answerTokens(run, fit.constants);
  return projection.round(run, sheetStack(run.system, inputs), { tpf, tokens });
}

/** Tokens per second that the sheets alone would allow. */
export function sheetRate(
  results: ProjectionResults,
  row: Pick<ProjectedRate, "run" | "tpf">,
): number {
  const tokens = answerTokens(row.run, results.fit.constants);
  const seconds = totalSeconds(sheetRound(results, row));
  return publishedRate({ tpf: row.tpf, tokens }, seconds);
}

/** Eight branches over four at one threshold. */
export interface BranchGain {
  readonly model: string;
  readonly benchmark: string;
  readonly threshold: number;
  /** Factors of TPF, of seconds per round and of tokens per second, projected. */
  readonly tpf: number;
  readonly round: number;
  readonly projected: number;
  /** Factor of tokens per second, printed. */
  readonly paper: number;
  /** Whether the fit has seen the printed throughputs. */
  readonly role: ProjectedRate["role"];
}

/** All gains of LoPA-Dist-NV, in the order of the paper's tables. */
export function branchGains(results: ProjectionResults): BranchGain[] {
  const nv = results.table4.filter(({ run }) => run.system === "LoPA-Dist-NV");
  return nv.filter(({ run }) => run.lookaheads === 7).map((eight) => {
    const { model, benchmark, threshold } = eight.run;
    const four = nv.find(({ run }) =>
      run.model === model && run.benchmark === benchmark &&
      run.threshold === threshold && run.lookaheads === 3
    )!;
    const seconds = (row: ProjectedRate) =>
      totalSeconds(fittedRound(results, row));
    return {
      ...{ model, benchmark, threshold, role: eight.role },
      tpf: eight.tpf / four.tpf,
      round: seconds(eight) / seconds(four),
      projected: eight.projected / four.projected,
      paper: eight.paper / four.paper,
    };
  });
}

/** The gain of TPF alone that Fig. 4 prints, where a setting of Table 4 comes closest to it: GSM8K, Instruct, tau 0.90. */
export function printedBranchGain({ fig4, table4 }: ProjectionResults) {
  const tpf = (branches: number) =>
    fig4.find((row) => row.benchmark === "GSM8K" && row.branches === branches)!
      .tpf;
  const rate = (setting: string) =>
    table4.find((row) =>
      row.setting === setting && row.run.benchmark === "GSM8K" &&
      row.run.model === "D2F-Dream-Instruct"
    )!.paper;
  const gain = { tpf: tpf(7) / tpf(3), rate: rate("S8") / rate("S2") };
  return { ...gain, round: gain.tpf / gain.rate };
}

/** Throughput of one mesh. */
export interface MeshRate {
  readonly system: SystemName;
  readonly mesh: Mesh;
  readonly threshold: number;
  readonly tpf: number;
  /** Seconds of a round under the stack that was asked for. */
  readonly seconds: number;
  readonly rate: number;
}

/** Meshes that use all devices of a system, most branches first. */
export function meshesOf(system: SystemName): Mesh[] {
  const { devices } = SYSTEMS[system];
  const meshes: Mesh[] = [];
  for (let tensorParallel = 1; tensorParallel <= devices; tensorParallel *= 2) {
    meshes.push({ branchParallel: devices / tensorParallel, tensorParallel });
  }
  return meshes;
}

/** The model and benchmark that meshes are compared on. */
export const MESH_RUN = {
  model: "D2F-Dream-Base",
  benchmark: "GSM8K",
} as const;

/** Projects one mesh, as many branches as groups. Key-value heads that do not divide are shared out as if they did. */
export function meshRate(
  { projection, fit }: ProjectionResults,
  given: {
    readonly system: SystemName;
    readonly mesh: Mesh;
    readonly threshold: number;
    readonly stack: Stack;
  },
): MeshRate {
  const { system, mesh, threshold, stack } = given;
  const run: Run = {
    ...MESH_RUN,
    ...{ system, mesh, threshold, lookaheads: mesh.branchParallel - 1 },
  };
  const tpf = projection.tpf(run);
  const tokens = answerTokens(run, fit.constants);
  const seconds = totalSeconds(projection.round(run, stack, { tpf, tokens }));
  const rate = publishedRate({ tpf, tokens }, seconds);
  return { system, mesh, threshold, tpf, seconds, rate };
}

/** The software of a system with another fixed time per round, exchanging choices instead of logits. */
export function leanStack(system: SystemName, fixedSeconds: number): Stack {
  const { protocol } = SYSTEMS[system].stack({});
  return { fixedSeconds, exchange: { of: "choices" }, protocol };
}

/** A fixed time at which the best mesh changes. */
export interface MeshChange {
  /** Best below `seconds`. */
  readonly below: Mesh;
  /** Best above. */
  readonly above: Mesh;
  /** Fixed time per round. */
  readonly seconds: number;
}

const CHANGE_STEPS = 4000, LONGEST_FIXED = 0.04;

/** Where the best mesh changes as the fixed time per round grows from 0 to 40 ms, on a grid of 10 microseconds. */
export function meshChanges(
  results: ProjectionResults,
  { system, threshold }: {
    readonly system: SystemName;
    readonly threshold: number;
  },
): MeshChange[] {
  const bare = meshesOf(system).map((mesh) =>
    meshRate(results, {
      ...{ system, mesh, threshold },
      stack: leanStack(system, 0),
    })
  );
  const best = (fixed: number) =>
    bare.reduce((a, b) =>
      b.rate * b.seconds / (b.seconds + fixed) >
          a.rate * a.seconds / (a.seconds + fixed)
        ? b
        : a
    ).mesh;
  const changes: MeshChange[] = [];
  for (let i = 1, below = best(0); i <= CHANGE_STEPS; i++) {
    const seconds = LONGEST_FIXED * i / CHANGE_STEPS;
    const above = best(seconds);
    if (above !== below) changes.push({ below, above, seconds });
    below = above;
  }
  return changes;
}
