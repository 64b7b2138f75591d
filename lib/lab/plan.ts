/**
 * The plan of a run: the grid of an experiment laid out and looked up in the store, before anything is computed.
 *
 * @module
 */
import {
  type CellIdentity,
  cellIdentity,
  cellKey,
  type TimingIdentity,
} from "./cell.ts";
import type { StoredCell } from "./cell_line.ts";
import type { CellPlan, Experiment } from "./experiment.ts";
import type { Json, JsonObject } from "./json.ts";
import { inShard, type Shard } from "./shard.ts";
import type { RunStore } from "./store.ts";

/** Options of {@linkcode planExperiment}. */
export interface PlanOptions {
  /** Where finished cells are looked up. */
  readonly store: RunStore;
  /** Cells this process computes (default: all). */
  readonly shard?: Shard;
  /** Whether this process computes any cell at all (default true), or only takes what is stored. */
  readonly compute?: boolean;
  /** Needed by timing experiments. */
  readonly timing?: TimingIdentity;
  /** Keys of cells that experiments before this one compute; those of this one are added. */
  readonly earlier?: Set<string>;
}

/** One cell of a planned run. */
export interface PlannedCell<
  P extends JsonObject = JsonObject,
  R extends Json = Json,
> {
  /** What is to be computed. */
  readonly plan: CellPlan<P>;
  /** Everything that makes its result. */
  readonly identity: CellIdentity;
  /** Whether this process computes it if it is not stored. */
  readonly mine: boolean;
  /** The stored result, or `null`. */
  readonly stored: StoredCell<R> | null;
  /** Whether an experiment before this one computes it. */
  readonly earlier: boolean;
}

/** An experiment with its grid laid out and looked up in the store. */
export interface PlannedExperiment<
  P extends JsonObject = JsonObject,
  R extends Json = Json,
> {
  /** What is planned. */
  readonly experiment: Experiment<P, R>;
  /** In grid order. */
  readonly cells: readonly PlannedCell<P, R>[];
  /** Declared seconds of the cells this process has to compute, without those that are there by then. */
  readonly seconds: number;
}

/** Whether a run of the plan computes the cell, unless something goes wrong before. */
export function isToCompute(
  { mine, stored, earlier }: Pick<PlannedCell, "mine" | "stored" | "earlier">,
): boolean {
  return mine && stored === null && !earlier;
}

/** Lays out the grid of the store's mode and looks every cell up. */
export async function planExperiment<P extends JsonObject, R extends Json>(
  experiment: Experiment<P, R>,
  options: PlanOptions,
): Promise<PlannedExperiment<P, R>> {
  const { store, shard, timing, compute = true } = options;
  const { earlier = new Set() } = options;
  if (experiment.timing && timing === undefined) {
    throw new TypeError(
      `Cannot plan "${experiment.id}": it measures time; pass the native library's hash and the machine's fingerprint`,
    );
  }
  const cells: PlannedCell<P, R>[] = [];
  for (const plan of await experiment.plan(store.mode)) {
    const identity = cellIdentity(
      plan.shared ?? {
        name: experiment.id,
        version: experiment.version,
        parameters: plan.parameters,
      },
      plan,
      experiment.timing ? timing : undefined,
    );
    const key = cellKey(identity);
    // What experiments share is the same process's in all of them.
    const place = plan.shared === undefined
      ? cells.length
      : parseInt(key.slice(0, 8), 16);
    const mine = compute && (shard === undefined || inShard(place, shard));
    const stored = await store.read(identity) as StoredCell<R> | null;
    cells.push({ plan, identity, mine, stored, earlier: earlier.has(key) });
    if (mine && stored === null) earlier.add(key);
  }
  const seconds = cells.filter(isToCompute)
    .reduce((sum, cell) => sum + cell.plan.seconds, 0);
  return { experiment, cells, seconds };
}
