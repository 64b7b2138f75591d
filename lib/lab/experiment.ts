/**
 * Experiments as data: what is to be computed, how one cell runs, and which claims its results can test. Storing, resuming,
 * sharding, progress and reporting are the same for all.
 *
 * @module
 */
import type { Drawing, Figure, FigureRow } from "../figures/types.ts";
import type { Measurement } from "./claims/types.ts";
import type { Mode, Work } from "./cell.ts";
import type { Json, JsonObject } from "./json.ts";

/** One point of the grid. */
export interface CellPlan<P extends JsonObject = JsonObject> {
  /** What varies over the grid. */
  readonly parameters: P;
  /** Short name for progress lines. */
  readonly label: string;
  /** SHA-256 of the model's files; `null` without a model. */
  readonly model: string | null;
  /** SHA-256 of prompts and targets; `null` without any. */
  readonly task: string | null;
  /** Number format of the weights, e.g. `f32`. */
  readonly precision: string;
  /** Rough time on two CPU cores, in seconds; only for estimates. */
  readonly seconds: number;
  /** Where the result is any experiment's that asks for the same; without it, results are the experiment's own. */
  readonly shared?: Work;
}

/** What a running cell may use. */
export interface CellContext {
  /** Aborted when the run is to stop; a cell may throw then. */
  readonly signal: AbortSignal;
  /** Reports progress within the cell, `done` of `total`. */
  report(done: number, total: number): void;
}

/** A finished cell with its place in the grid. */
export interface CellResult<
  P extends JsonObject = JsonObject,
  R extends Json = Json,
> {
  /** What was to be computed. */
  readonly plan: CellPlan<P>;
  /** Hash of the cell's identity. */
  readonly key: string;
  /** What its computation gave. */
  readonly result: R;
  /** Time its computation took, in milliseconds. */
  readonly ms: number;
  /** What computed it: runtime, native library. */
  readonly made?: JsonObject;
  /** Whether it came from the store. */
  readonly reused: boolean;
}

/** A table of results, written as CSV. */
export interface ResultTable {
  /** File name stem. */
  readonly name: string;
  /** In the order of the file. */
  readonly rows: readonly FigureRow[];
}

/** An experiment. */
export interface Experiment<
  P extends JsonObject = JsonObject,
  R extends Json = Json,
> {
  /** Name in commands, stores and claims. */
  readonly id: string;
  /** Heading in reports. */
  readonly title: string;
  /** Raised whenever the procedure changes; older results then no longer count. */
  readonly version: number;
  /** Paper items it reproduces or shows the trend of, e.g. `LoPA Fig. 4`. */
  readonly reproduces: readonly string[];
  /** Whether cells measure time: these are also keyed by native library and machine. */
  readonly timing: boolean;
  /** Seeds of its random numbers; empty where it draws none. */
  readonly seeds: readonly number[];
  /** Ids of the claims it can test. */
  readonly claims: readonly string[];
  /** Lays out the grid of a mode. */
  plan(mode: Mode): Promise<readonly CellPlan<P>[]>;
  /** Computes one cell; the result is stored as JSON. */
  run(plan: CellPlan<P>, context: CellContext): Promise<R>;
  /** What the results say about the claims. Pure. */
  measure(cells: readonly CellResult<P, R>[]): readonly Measurement[];
  /** The numbers to publish. Depends on the cells and the papers' data alone. */
  tables(
    cells: readonly CellResult<P, R>[],
  ): readonly ResultTable[] | Promise<readonly ResultTable[]>;
  /** The figures to show. Depends on the cells and the papers' data alone. */
  figures(
    cells: readonly CellResult<P, R>[],
  ): Promise<readonly (Figure | Drawing)[]>;
  /** Frees models and the like. */
  close(): Promise<void>;
}
