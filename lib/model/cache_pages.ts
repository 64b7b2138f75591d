/**
 * The pages of one session's cache. Under block-causal visibility the committing rows of a forward are the same in all branches, so
 * that they go to their pages at the end of that forward; a commit then only says that they count. Other commits copy as ever.
 *
 * @module
 */
import type { KeyRange, RowCopy } from "../engine/mod.ts";
import {
  type BlockTable,
  dropPages,
  emptyTable,
  holdPages,
  rowRuns,
  tableRows,
} from "./block_table.ts";
import type { CacheCopy, CacheState } from "./cache_state.ts";
import { RequestError } from "./errors.ts";
import type { ForwardRequest, PositionRange } from "./types.ts";
import { checkRanges, type WindowPlan } from "./window_plan.ts";

/** How a cache is divided. */
export interface PageOptions {
  /** Positions per page. */
  readonly size: number;
  /** In which order pages of rows are handed out; default ascending. */
  readonly order?: readonly number[];
}

/** A table before a forward, and what of the forward's commits is still to be copied into it. */
export interface PagedCommit {
  readonly table: BlockTable;
  readonly copies: readonly RowCopy[];
}

/** The block table of a session, and what the last forward wrote ahead. */
export class CachePages {
  #table: BlockTable;
  #ahead: PositionRange | null = null;

  /** Pages for `positions` positions, none of them held. */
  constructor(positions: number, { size, order }: PageOptions) {
    this.#table = emptyTable(positions, {
      pageSize: size,
      ...(order ? { order } : {}),
    });
  }

  /** Rows of the cache. */
  get rows(): number {
    return tableRows(this.#table);
  }

  /** Follows commits, of which `copies` are those of rows; changes nothing yet. */
  commit(
    commits: readonly CacheCopy[],
    copies: readonly RowCopy[],
    { written }: CacheState,
  ): PagedCommit {
    let table = this.#table;
    const left = commits.flatMap(({ start, rows }, i) => {
      const range = { start, end: start + rows };
      if (isWithin(range, this.#ahead)) return [];
      table = holdPages(table, range);
      return rowRuns(table, range).map(({ position, row, count }) => ({
        from: copies[i]!.from + position - start,
        to: row,
        rows: count,
      }));
    });
    const end = Math.max(0, ...written.map((range) => range.end));
    return { table: dropPages(table, end), copies: left };
  }

  /**
   * The window with its cached keys where the table has them.
   *
   * @throws {RequestError} When a branch would see more than four separate pieces of the cache.
   */
  window(window: WindowPlan, table: BlockTable): WindowPlan {
    const segments = window.segments.map((segment) => ({
      ...segment,
      ranges: segment.ranges.flatMap((range): KeyRange[] =>
        range.source === "fresh" ? [range] : rowRuns(table, {
          start: range.position,
          end: range.position + range.count,
        }).map((run) => ({ source: "cache", ...run }))
      ),
    }));
    checkRanges(segments);
    return { ...window, segments };
  }

  /** Takes over the table of a forward that has run; gives the copies that write its committing rows ahead. */
  preWrite(
    table: BlockTable,
    request: ForwardRequest,
    { state, window }: {
      readonly state: CacheState;
      readonly window: WindowPlan;
    },
  ): RowCopy[] {
    const { commitRows, visibility, branches } = request;
    const { start } = branches[0]!;
    const range = { start, end: start + commitRows };
    const untouched = commitRows > 0 && visibility.kind === "block-causal" &&
      state.written.every(({ start, end }) =>
        end <= range.start || start >= range.end
      );
    this.#ahead = untouched ? range : null;
    this.#table = untouched ? holdPages(table, range) : table;
    if (!untouched) return [];
    return rowRuns(this.#table, range).map(({ position, row, count }) => ({
      from: window.stagedRows[0]! + position - start,
      to: row,
      rows: count,
    }));
  }

  /** Takes over the table of commits without a forward. */
  settle(table: BlockTable): void {
    this.#table = table;
  }

  /** Where positions lie. */
  runs(range: PositionRange): ReturnType<typeof rowRuns> {
    return rowRuns(this.#table, range);
  }
}

/** Refuses rows from another replica. */
export function refuseImport(): never {
  throw new RequestError(
    "place",
    "a paged cache takes no rows from other replicas: each computes its own, or open the session without pages",
  );
}

function isWithin(range: PositionRange, outer: PositionRange | null): boolean {
  return outer !== null && outer.start <= range.start && range.end <= outer.end;
}
