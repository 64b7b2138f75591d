/**
 * The plan of a run: the grid of an experiment laid out and looked up in the store, before anything is computed.
 *
 * @module
 */
import { type CellIdentity, NUMERICS_VERSION } from "./cell.ts";
import type { CellPlan, Experiment } from "./experiment.ts";
import type { Json, JsonObject } from "./json.ts";
import { inShard, type Shard } from "./shard.ts";
import type { RunStore, StoredCell } from "./store.ts";

/** Native library and machine, part of the identity of timing cells. */
export interface TimingIdentity {
  /** SHA-256 of the native library. */
  readonly library: string;
  /** Fingerprint of the machine. */
  readonly machine: string;
}

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
  /** Declared seconds of the cells this process has to compute. */
  readonly seconds: number;
}

/** Lays out the grid of the store's mode and looks every cell up. */
export async function planExperiment<P extends JsonObject, R extends Json>(
  experiment: Experiment<P, R>,
  options: PlanOptions,
): Promise<PlannedExperiment<P, R>> {
  const { store, shard, timing, compute = true } = options;
  if (experiment.timing && timing === undefined) {
    throw new TypeError(
      `Cannot plan "${experiment.id}": it measures time; pass the native library's hash and the machine's fingerprint`,
    );
  }
  const cells: PlannedCell<P, R>[] = [];
  for (const plan of await experiment.plan(store.mode)) {
    const identity: CellIdentity = {
      experiment: experiment.id,
      version: experiment.version,
      parameters: plan.parameters,
      model: plan.model,
      task: plan.task,
      precision: plan.precision,
      numerics: NUMERICS_VERSION,
      ...(experiment.timing ? timing : {}),
    };
    const mine = compute &&
      (shard === undefined || inShard(cells.length, shard));
    const stored = await store.read(identity) as StoredCell<R> | null;
    cells.push({ plan, identity, mine, stored });
  }
  const seconds = cells.filter((cell) => cell.mine && cell.stored === null)
    .reduce((sum, cell) => sum + cell.plan.seconds, 0);
  return { experiment, cells, seconds };
}
