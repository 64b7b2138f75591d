/**
 * How a request's branches are packed into the rows of one pass: ragged, without padding, and under block-causal visibility
 * with the committing rows once for all branches.
 *
 * @module
 */
import type { AttentionSegment, KeyRange } from "../engine/mod.ts";
import { RequestError } from "./errors.ts";
import { int32Array } from "./small_arrays.ts";
import type {
  BranchWindow,
  ForwardRequest,
  PositionRange,
  Visibility,
} from "./types.ts";
import { visibilityLimit } from "./visibility.ts";

/** Most key ranges a segment can see. */
const MAX_RANGES = 4;

/** Rows, segments and rows to be predicted from, as one pass takes them. */
export interface WindowPlan {
  /** `[rows]` each. */
  readonly tokens: Int32Array;
  readonly positions: Int32Array;
  /** First position that each row does not see. */
  readonly limits: Int32Array;
  readonly segments: readonly AttentionSegment[];
  /** Row of each branch's first committing row. */
  readonly stagedRows: readonly number[];
  /** Row that answers each prediction of each branch; -1 for the boundary row. */
  readonly answerRows: readonly Int32Array[];
}

/**
 * Packs a valid request.
 *
 * @param request As checked by `checkRequest`.
 * @param options `shift`: whether the row at position i - 1 predicts position i.
 * @throws {RequestError} When a branch would see more than four separate ranges of keys.
 */
export function planWindow(
  request: ForwardRequest,
  { shift }: { readonly shift: boolean },
): WindowPlan {
  const { branches, cached, commitRows, visibility } = request;
  const isShared = visibility.kind === "block-causal" && branches.length > 1;
  const shared = isShared ? commitRows : 0;
  let total = shared;
  for (const { tokens } of branches) total += tokens.length - shared;
  const rows = {
    tokens: int32Array(total),
    positions: int32Array(total),
    limits: int32Array(total),
  };
  const segments: AttentionSegment[] = [];
  const stagedRows: number[] = [];
  const answerRows: Int32Array[] = [];
  const { start: sharedStart } = branches[0]!;
  const sharedKeys = freshRange(sharedStart, { row: 0, count: shared });
  if (shared > 0) {
    const window = { start: sharedStart, end: Infinity };
    writeRows(rows, branches[0]!, { from: 0, to: shared, row: 0, visibility });
    segments.push({
      row: 0,
      rows: shared,
      ranges: visibleKeys(cached, window, [sharedKeys]),
    });
  }
  let row = shared;
  for (const branch of branches) {
    const { start, tokens } = branch;
    const window = { start, end: start + tokens.length };
    const count = tokens.length - shared;
    const part = { from: shared, to: tokens.length, row, visibility };
    writeRows(rows, branch, part);
    if (count > 0) {
      const own = freshRange(start + shared, { row, count });
      const fresh = shared > 0 ? [sharedKeys, own] : [own];
      const ranges = visibleKeys(cached, window, fresh);
      segments.push({ row, rows: count, ranges });
    }
    stagedRows.push(shared > 0 ? 0 : row);
    answerRows.push(answersOf(branch, { shift, shared, ownRow: row }));
    row += count;
  }
  checkRanges(segments);
  const { tokens, positions, limits } = rows;
  return { tokens, positions, limits, segments, stagedRows, answerRows };
}

/** Writes tokens `[from, to)` of a branch to the rows from `row` on. */
function writeRows(
  rows: Pick<WindowPlan, "tokens" | "positions" | "limits">,
  { start, tokens }: BranchWindow,
  { from, to, row, visibility }: {
    readonly from: number;
    readonly to: number;
    readonly row: number;
    readonly visibility: Visibility;
  },
): void {
  for (let i = from; i < to; i++) {
    const position = start + i;
    const at = row + i - from;
    rows.tokens[at] = tokens[i]!;
    rows.positions[at] = position;
    rows.limits[at] = visibilityLimit(visibility, position);
  }
}

/** What rows see, in order of position: cached keys before and behind their window, between them the fresh ones. */
function visibleKeys(
  cached: readonly PositionRange[],
  window: PositionRange,
  fresh: readonly KeyRange[],
): KeyRange[] {
  const ranges: KeyRange[] = [];
  for (const { start, end } of cached) {
    addCached(ranges, start, Math.min(end, window.start));
  }
  for (const range of fresh) ranges.push(range);
  for (const { start, end } of cached) {
    addCached(ranges, Math.max(start, window.end), end);
  }
  return ranges;
}

/** Adds cached keys, if there are any, to the range that they continue or as one of their own. */
function addCached(ranges: KeyRange[], start: number, end: number): void {
  if (start >= end) return;
  const last = ranges.at(-1);
  const goesOn = last?.source === "cache" && last.row + last.count === start;
  const position = goesOn ? last.position : start;
  if (goesOn) ranges.pop();
  ranges.push({
    source: "cache",
    position,
    count: end - position,
    row: position,
  });
}

/** Row that answers each prediction of a branch whose rows behind the `shared` ones begin at `ownRow`. */
function answersOf(
  { start, predict }: BranchWindow,
  { shift, shared, ownRow }: {
    readonly shift: boolean;
    readonly shared: number;
    readonly ownRow: number;
  },
): Int32Array {
  const rows = int32Array(predict.length);
  for (let i = 0; i < rows.length; i++) {
    const index = Math.max(predict[i]! - (shift ? 1 : 0), 0) - start;
    if (index < 0) rows[i] = -1;
    else rows[i] = index < shared ? index : ownRow + index - shared;
  }
  return rows;
}

function freshRange(
  position: number,
  { row, count }: { readonly row: number; readonly count: number },
): KeyRange {
  return { source: "fresh", position, count, row };
}

/**
 * Checks that every segment sees as few ranges as the kernels take.
 *
 * @throws {RequestError} When one sees more than four.
 */
export function checkRanges(segments: readonly AttentionSegment[]): void {
  for (const { ranges: { length } } of segments) {
    if (length <= MAX_RANGES) continue;
    throw new RequestError(
      "cached",
      `a branch sees ${length} separate ranges of keys, its own among them; at most ${MAX_RANGES} are possible`,
    );
  }
}
