/**
 * Where the positions of a paged cache lie: a table from pages of positions to pages of rows, as in PagedAttention (LoPA-Dist-Ascend,
 * paper section 3.4). Values are immutable.
 *
 * @module
 */
import type { PositionRange } from "./types.ts";

/** Consecutive positions that lie in consecutive rows. */
export interface RowRun {
  /** First position. */
  readonly position: number;
  /** Row that holds it. */
  readonly row: number;
  /** Number of positions. */
  readonly count: number;
}

/** A block table and the pages that are free. */
export interface BlockTable {
  /** Positions per page. */
  readonly pageSize: number;
  /** Page of rows of each page of positions; `null` where none is held. */
  readonly pages: readonly (number | null)[];
  /** Pages of rows that nobody holds, in the order in which they are handed out. */
  readonly free: readonly number[];
}

/**
 * A table that holds nothing.
 *
 * @param positions Positions that must fit.
 * @param options `order`: in which pages of rows are handed out; default ascending, so that a lone sequence lies in one piece.
 */
export function emptyTable(
  positions: number,
  { pageSize, order }: {
    readonly pageSize: number;
    readonly order?: readonly number[];
  },
): BlockTable {
  const count = Math.ceil(positions / pageSize);
  return {
    pageSize,
    pages: new Array<null>(count).fill(null),
    free: order ?? Array.from({ length: count }, (_, page) => page),
  };
}

/** Rows that a table's pages take. */
export function tableRows({ pages, pageSize }: BlockTable): number {
  return pages.length * pageSize;
}

/** The table with pages for all positions of a range. */
export function holdPages(
  table: BlockTable,
  { start, end }: PositionRange,
): BlockTable {
  const pages = table.pages.slice();
  const free = table.free.slice();
  for (
    let page = Math.floor(start / table.pageSize);
    page * table.pageSize < end;
    page++
  ) pages[page] ??= free.shift()!;
  return { ...table, pages, free };
}

/** The table without the pages that hold nothing below `length`; what they held is forgotten. */
export function dropPages(table: BlockTable, length: number): BlockTable {
  const kept = Math.ceil(length / table.pageSize);
  const dropped = table.pages.slice(kept).filter((page) => page !== null);
  if (dropped.length === 0) return table;
  return {
    ...table,
    pages: table.pages.map((page, i) => i < kept ? page : null),
    free: [...dropped, ...table.free],
  };
}

/** Where a range of positions lies: as few runs as there are, in order. All its pages must be held. */
export function rowRuns(
  { pages, pageSize }: BlockTable,
  { start, end }: PositionRange,
): RowRun[] {
  const runs: RowRun[] = [];
  let position = start;
  while (position < end) {
    const page = Math.floor(position / pageSize);
    const row = pages[page]! * pageSize + position % pageSize;
    const count = Math.min(end, (page + 1) * pageSize) - position;
    const last = runs.at(-1);
    if (last && last.row + last.count === row) {
      runs[runs.length - 1] = { ...last, count: last.count + count };
    } else runs.push({ position, row, count });
    position += count;
  }
  return runs;
}
