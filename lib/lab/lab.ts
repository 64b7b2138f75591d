/**
 * Experiments by name, for notebooks: the same cells in the same store as `deno task reproduce`, so what one has computed the
 * other reuses.
 *
 * @module
 */
import { fileURLToPath } from "node:url";
import { loadLibrary } from "../engine/mod.ts";
import type { Drawing, Figure } from "../figures/types.ts";
import { type Mode, parseMode } from "./cell.ts";
import { allClaims } from "./claims/registry.ts";
import type { TimingIdentity } from "./cell.ts";
import { judgeAll } from "./claims/summary.ts";
import type { JudgedClaim } from "./claims/types.ts";
import type { CellResult, ResultTable } from "./experiment.ts";
import { allExperiments } from "./experiments/registry.ts";
import type { JsonObject } from "./json.ts";
import { machineFingerprint, readMachine } from "./manifest/machine.ts";
import { planExperiment } from "./plan.ts";
import type { Progress } from "./progress.ts";
import { runExperiment } from "./run.ts";
import { RunStore } from "./store.ts";

/** Where results of all modes are stored. */
export const RUNS_FOLDER: string = fileURLToPath(
  new URL("../../.cache/runs", import.meta.url),
);

/** Variable through which a run tells its notebooks the mode. */
export const MODE_VARIABLE = "DLLM_LAB_MODE";

/** The mode of the run that this process belongs to, `default` where none says. Throws `RangeError` on an unknown mode. */
export function currentMode(): Mode {
  try {
    return parseMode(Deno.env.get(MODE_VARIABLE) || "default");
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) return "default";
    throw error;
  }
}

/** What computes cells in this process: the runtime, and the native library as it was loaded. */
export async function madeHere(): Promise<JsonObject> {
  const { sha256, buildInfo } = await loadLibrary();
  const { compiler, best } = buildInfo;
  return { deno: Deno.version.deno, library: { sha256, compiler, best } };
}

/** Library and machine of this process: what times are kept under. */
export async function timingHere(): Promise<TimingIdentity> {
  const { sha256 } = await loadLibrary();
  return { library: sha256, machine: machineFingerprint(await readMachine()) };
}

/** Options of {@linkcode runLab}. */
export interface RunLabOptions {
  /** Default: what the variable `DLLM_LAB_MODE` says, else `default`. */
  readonly mode?: Mode;
  /** Shown where the run stands; default nothing. */
  readonly progress?: Progress;
  /** Stops the run between cells, or within one that looks at it; finished cells stay in the store. */
  readonly signal?: AbortSignal;
  /** Folder of the run store; default `.cache/runs` of the project. */
  readonly runs?: string;
}

/** An experiment's results. */
export interface LabResults {
  /** Id of the experiment. */
  readonly id: string;
  /** Heading of the experiment. */
  readonly title: string;
  /** How much was computed. */
  readonly mode: Mode;
  /** Results by cell, in the order of the grid. */
  readonly cells: readonly CellResult[];
  /** Cells computed by this call. */
  readonly computed: number;
  /** Cells taken from the store. */
  readonly reused: number;
  /** The numbers to publish. */
  readonly tables: readonly ResultTable[];
  /** The figures to show. */
  readonly figures: readonly (Figure | Drawing)[];
  /** Claims that these results test, with their verdicts. */
  readonly judged: readonly JudgedClaim[];
}

/**
 * Runs an experiment by id, or takes its results from the store. Throws `RangeError` for an id that no experiment has, and what
 * the run throws.
 *
 * @example The steps that each decoder needs, from the experiment behind the first notebook
 * ```ts
 * import { runLab } from "dllm-lab";
 *
 * const lab = await runLab("token-filling-order", { mode: "quick" });
 * console.log(`${lab.cells.length} cells, ${lab.reused} of them from the store`);
 * console.log(lab.figures[0]!.description);
 * ```
 */
export async function runLab(
  id: string,
  options: RunLabOptions = {},
): Promise<LabResults> {
  const { mode = currentMode(), progress, signal, runs = RUNS_FOLDER } =
    options;
  const experiments = allExperiments();
  const experiment = experiments.find((known) => known.id === id);
  if (experiment === undefined) {
    const known = experiments.map((entry) => entry.id).join(", ");
    throw new RangeError(`Cannot run "${id}": the experiments are ${known}`);
  }
  try {
    const store = new RunStore(runs, mode);
    const planned = await planExperiment(experiment, {
      store,
      ...(experiment.timing ? { timing: await timingHere() } : {}),
    });
    const { cells, computed, reused } = await runExperiment(planned, {
      store,
      made: madeHere,
      ...(progress === undefined ? {} : { progress }),
      ...(signal === undefined ? {} : { signal }),
    });
    const measurements = experiment.measure(cells);
    const measured = new Set(measurements.map(({ claim }) => claim));
    const claims = (await allClaims()).filter((claim) =>
      measured.has(claim.id)
    );
    return {
      id,
      title: experiment.title,
      mode,
      cells,
      computed,
      reused,
      tables: await experiment.tables(cells),
      figures: await experiment.figures(cells),
      judged: judgeAll(claims, [{ experiment: id, measurements }]),
    };
  } finally {
    await experiment.close();
  }
}
