/**
 * Which positions a session's cache holds, where its boundary row belongs, and what the last forward left to be committed:
 * the bookkeeping of the cache, without the numbers. Values are immutable, so that a request that turns out to be invalid
 * changes nothing.
 *
 * @module
 */
import { RequestError } from "./errors.ts";
import { unite } from "./position_ranges.ts";
import type { CommittedRows, StagedChoice } from "./replica.ts";
import type { CacheOperation, ForwardRequest, PositionRange } from "./types.ts";

/** What the last forward staged: `rows` leading rows of every branch. */
export interface StagedRows {
  /** Leading rows of every branch that a commit may copy. */
  readonly rows: number;
  /** First position of each branch. */
  readonly starts: readonly number[];
}

/** State of a session's cache. */
export interface CacheState {
  /** Positions with keys and values, as sorted disjoint ranges. */
  readonly written: readonly PositionRange[];
  /** Position of the row kept as the boundary row; it predicts the position after it. */
  readonly boundary: number | null;
  /** What the last forward left to be committed. */
  readonly staged: StagedRows;
}

/** One commit to be carried out: rows `[0, rows)` of a branch of the last forward go to positions from `start` on. */
export interface CacheCopy {
  /** Index of the branch in the last request. */
  readonly branch: number;
  /** Number of rows. */
  readonly rows: number;
  /** Absolute position of the first. */
  readonly start: number;
  /** Whether the last of them becomes the boundary row. */
  readonly boundary: boolean;
}

/** A new session's cache. */
export const EMPTY_CACHE: CacheState = {
  written: [],
  boundary: null,
  staged: { rows: 0, starts: [] },
};

/**
 * Follows the cache operations of a request.
 *
 * A reset or a truncation leaves the staged rows of the last forward alone: they belong to no position of the cache yet.
 *
 * @returns The state after them, and the copies to carry out, in order.
 * @throws {RequestError} On a commit of rows that were not staged, or a truncation to no valid length.
 */
export function applyCacheOperations(
  state: CacheState,
  operations: readonly CacheOperation[],
): { readonly state: CacheState; readonly copies: readonly CacheCopy[] } {
  const copies: CacheCopy[] = [];
  if (operations.length === 0) return { state, copies };
  let { written, boundary } = state;
  operations.forEach((operation, index) => {
    const field = `cache[${index}]`;
    switch (operation.kind) {
      case "reset":
        written = [];
        boundary = null;
        break;
      case "truncate": {
        const { length } = operation;
        if (!Number.isInteger(length) || length < 0) {
          throw new RequestError(
            field,
            `cannot truncate to ${length} positions; a whole number of at least 0 is wanted`,
          );
        }
        written = written.map(({ start, end }) => ({
          start,
          end: Math.min(end, length),
        })).filter((r) => r.end > r.start);
        if (boundary !== null && boundary >= length) boundary = null;
        break;
      }
      case "commit": {
        const copy = commitCopy(operation, state.staged, { field });
        copies.push(copy);
        written = unite(written, {
          start: copy.start,
          end: copy.start + copy.rows,
        });
        if (copy.boundary) boundary = copy.start + copy.rows - 1;
        break;
      }
    }
  });
  return { state: { ...state, written, boundary }, copies };
}

/**
 * The state after rows came in from another replica.
 *
 * @throws {RequestError} When they lie beyond the session's positions.
 */
export function afterImport(
  state: CacheState,
  place: CommittedRows,
  { maxPositions }: { readonly maxPositions: number },
): CacheState {
  const { start, rows, boundary } = place;
  const end = start + rows;
  if (!(Number.isInteger(start) && start >= 0 && rows >= 1)) {
    throw new RequestError(
      "place",
      `${rows} rows from position ${start} on given; at least 1 row from a position of at least 0 is wanted`,
    );
  }
  if (end > maxPositions) {
    throw new RequestError(
      "place",
      `[${start}, ${end}) given; positions within [0, ${maxPositions}) are wanted`,
    );
  }
  return {
    ...state,
    written: unite(state.written, { start, end }),
    boundary: boundary ? end - 1 : state.boundary,
  };
}

/**
 * Checks a choice of staged rows.
 *
 * @throws {RequestError} On rows that were not staged.
 */
export function checkStaged(
  state: CacheState,
  choice: StagedChoice,
): CacheCopy {
  return commitCopy({ kind: "commit", ...choice }, state.staged, {
    field: "staged",
  });
}

/** The state after the forward of a valid request. */
export function afterForward(
  state: CacheState,
  request: ForwardRequest,
): CacheState {
  const { written, boundary } = state;
  const starts: number[] = [];
  for (const branch of request.branches) starts.push(branch.start);
  return { written, boundary, staged: { rows: request.commitRows, starts } };
}

function commitCopy(
  operation: CacheOperation & { kind: "commit" },
  staged: StagedRows,
  { field }: { readonly field: string },
): CacheCopy {
  const { branch, rows, boundary } = operation;
  const start = staged.starts[branch];
  if (start === undefined) {
    throw new RequestError(
      field,
      `cannot commit branch ${branch}; the last forward had ${staged.starts.length} branches`,
    );
  }
  if (!Number.isInteger(rows) || rows < 1 || rows > staged.rows) {
    throw new RequestError(
      field,
      `cannot commit ${rows} rows; the last forward staged ${staged.rows} (its commitRows): ask for 1 to that many`,
    );
  }
  return { branch, rows, start, boundary };
}
