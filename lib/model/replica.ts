/**
 * A session as one of several replicas of the same cache: what it staged can be read and brought into another replica, so that
 * a commit need not be computed twice.
 *
 * @module
 */
import type { PageOptions } from "./cache_pages.ts";
import type { CacheOperation, DiffusionModel, ModelSession } from "./types.ts";

/** Leading rows of one branch of the last forward, as a commit names them. */
export interface StagedChoice {
  /** Index of the branch in this session's last request. */
  readonly branch: number;
  /** Number of leading rows, at least 1. */
  readonly rows: number;
  /** Whether the final hidden state of the last of them comes along. */
  readonly boundary: boolean;
}

/** Where committed rows belong. */
export interface CommittedRows {
  /** Absolute position of the first. */
  readonly start: number;
  /** Number of rows. */
  readonly rows: number;
  /** Whether the last of them becomes the boundary row. */
  readonly boundary: boolean;
}

/** A session whose cache is kept equal to that of others. */
export interface ReplicaSession extends ModelSession {
  /** Applies cache operations without a forward. Rejects with a `RequestError` as a forward would. */
  apply(operations: readonly CacheOperation[]): Promise<void>;
  /**
   * Reads staged rows into host memory: keys of every layer, values of every layer, each `[rows, kvHeads * headDim]`, then with
   * `boundary` the final hidden state `[hiddenSize]`. The layout is that of the implementation where a model is sharded.
   *
   * @throws {RequestError} On rows that were not staged.
   */
  readStaged(choice: StagedChoice): Float32Array;
  /** Elements that {@linkcode ReplicaSession.readStaged} gives for so many rows. */
  stagedElements(
    size: { readonly rows: number; readonly boundary: boolean },
  ): number;
  /**
   * Writes rows that another replica read, as if they had been committed here.
   *
   * @throws {RequestError} When `values` is not of the size that `place` calls for, or `place` lies beyond the session.
   */
  writeCommitted(place: CommittedRows, values: Float32Array): void;
  /** Reads everything that positions `[start, end)` hold, for comparing replicas bit by bit; then the boundary row. */
  readReplica(
    range: { readonly start: number; readonly end: number },
  ): Float32Array;
}

/** How a session is opened. */
export interface SessionOptions {
  /** Longest sequence; default the model's own limit. */
  readonly maxPositions?: number;
  /** Divides the cache into pages; default one piece. */
  readonly pages?: PageOptions;
}

/** A model whose sessions are replicas. */
export interface ReplicaModel extends DiffusionModel {
  /** Opens a session for one sequence; `pages` asks for a paged cache, where the implementation has one. */
  open(options?: SessionOptions): ReplicaSession;
  /** Frees the weights. Idempotent; its sessions must be closed first. */
  close(): void;
}
