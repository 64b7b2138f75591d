/**
 * Cache commits as copies of rows.
 *
 * @module
 */
import type { CacheCopy } from "./cache_state.ts";
import type { ForwardRun } from "./forward_plan.ts";

/** The copies of commits; `stagedRows`: row of each branch's first committing row in the last pass. */
export function rowCopies(
  copies: readonly CacheCopy[],
  stagedRows: readonly number[],
): Pick<ForwardRun, "copies" | "boundaryCopies"> {
  const from = ({ branch }: CacheCopy) => stagedRows[branch]!;
  return {
    copies: copies.map((copy) => ({
      from: from(copy),
      to: copy.start,
      rows: copy.rows,
    })),
    boundaryCopies: copies.filter((copy) => copy.boundary).map((copy) => ({
      from: from(copy) + copy.rows - 1,
      to: 0,
      rows: 1,
    })),
  };
}
