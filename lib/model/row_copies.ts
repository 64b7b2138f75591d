/**
 * Cache commits as copies of rows.
 *
 * @module
 */
import type { RowCopy } from "../engine/mod.ts";
import type { CacheCopy } from "./cache_state.ts";
import type { ForwardRun } from "./forward_plan.ts";

/** The copies of commits; `stagedRows`: row of each branch's first committing row in the last pass. */
export function rowCopies(
  commits: readonly CacheCopy[],
  stagedRows: readonly number[],
): Pick<ForwardRun, "copies" | "boundaryCopies"> {
  const copies: RowCopy[] = [];
  const boundaryCopies: RowCopy[] = [];
  for (const { branch, rows, start, boundary } of commits) {
    const from = stagedRows[branch]!;
    copies.push({ from, to: start, rows });
    if (boundary) {
      boundaryCopies.push({ from: from + rows - 1, to: 0, rows: 1 });
    }
  }
  return { copies, boundaryCopies };
}
