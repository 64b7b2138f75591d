/**
 * Runs experiments cell by cell over the store: what is stored is reused, what is computed is stored at once, so a run can
 * be stopped anywhere and continued, and several processes can share a grid.
 *
 * @module
 */
import { cellKey } from "./cell.ts";
import type { StoredCell } from "./cell_line.ts";
import { Estimate } from "./estimate.ts";
import type { CellPlan, CellResult, Experiment } from "./experiment.ts";
import type { Json, JsonObject } from "./json.ts";
import type { PlannedCell, PlannedExperiment } from "./plan.ts";
import { type Progress, SILENT } from "./progress.ts";
import type { RunStore } from "./store.ts";

/** What a run gave. */
export interface ExperimentRun<
  P extends JsonObject = JsonObject,
  R extends Json = Json,
> {
  /** What was run. */
  readonly experiment: Experiment<P, R>;
  /** Finished cells in grid order. */
  readonly cells: readonly CellResult<P, R>[];
  /** Cells computed in this run. */
  readonly computed: number;
  /** Cells taken from the store. */
  readonly reused: number;
  /** Cells that other shards have not finished yet. */
  readonly missing: number;
}

/** Thrown when a run was asked to stop; finished cells are stored. */
export class RunStoppedError extends Error {
  /** Name of the class. */
  override name = "RunStoppedError";
}

/** Thrown when a cell failed; the cells before it are stored. */
export class CellError extends Error {
  /** Name of the class. */
  override name = "CellError";
  /** Parameters of the cell. */
  readonly parameters: JsonObject;
  /** Builds the error for one cell; `cause`: what it threw. */
  constructor(experiment: string, plan: CellPlan, cause: unknown) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    super(`Cannot compute cell "${plan.label}" of ${experiment}: ${reason}`, {
      cause,
    });
    this.parameters = plan.parameters;
  }
}

/** Options of {@linkcode runExperiment}. */
export interface RunOptions {
  /** Where finished cells are kept. */
  readonly store: RunStore;
  /** Told after every cell; default nothing is shown. */
  readonly progress?: Progress;
  /** Stops the run between cells, and within one that listens. */
  readonly signal?: AbortSignal;
  /** Says what computes the cells; asked once, after the first. */
  readonly made?: () => Promise<JsonObject>;
}

/**
 * Computes what the plan lacks. Throws {@linkcode CellError}, {@linkcode RunStoppedError} or what the store throws; cells
 * finished by then are stored.
 */
export async function runExperiment<P extends JsonObject, R extends Json>(
  planned: PlannedExperiment<P, R>,
  options: RunOptions,
): Promise<ExperimentRun<P, R>> {
  const { experiment } = planned;
  const { store, progress = SILENT } = options;
  const signal = options.signal ?? new AbortController().signal;
  const estimate = new Estimate(planned.seconds);
  const begin = performance.now();
  const results: CellResult<P, R>[] = [];
  let computed = 0, missing = 0;
  const state = (label = "", seconds = 0, fraction = 0) => ({
    title: experiment.id,
    done: results.length,
    total: planned.cells.length - missing,
    reused: results.length - computed,
    label,
    fraction,
    elapsedSeconds: (performance.now() - begin) / 1000,
    leftSeconds: estimate.left(seconds, fraction),
  });

  let made: JsonObject | undefined;
  const compute = async ({ plan, identity }: PlannedCell<P, R>) => {
    const report = (done: number, total: number) =>
      progress.update(state(plan.label, plan.seconds, done / total));
    report(0, 1);
    const start = performance.now();
    let result: R;
    try {
      result = await experiment.run(plan, { signal, report });
    } catch (cause) {
      if (signal.aborted) return null;
      throw new CellError(experiment.id, plan, cause);
    }
    const ms = performance.now() - start;
    made ??= await options.made?.();
    const cell = { result, ms, ...(made === undefined ? {} : { made }) };
    const stored = await store.write(identity, cell);
    estimate.finished(plan.seconds, ms / 1000);
    computed++;
    return stored as StoredCell<R>;
  };

  try {
    for (const cell of planned.cells) {
      const { plan, identity } = cell;
      const found = cell.stored ??
        await store.read(identity) as StoredCell<R> | null;
      if (found === null && !cell.mine) {
        missing++;
        continue;
      }
      const stored = found ?? (signal.aborted ? null : await compute(cell));
      if (stored === null) {
        throw new RunStoppedError(
          `Stopped "${experiment.id}" after ${results.length} of ${planned.cells.length} cells; they are kept, run again to continue`,
        );
      }
      const key = cellKey(identity);
      results.push({ plan, key, ...stored, reused: found !== null });
      progress.update(state());
    }
  } finally {
    progress.finish(state());
  }
  const reused = results.length - computed;
  return { experiment, cells: results, computed, reused, missing };
}
