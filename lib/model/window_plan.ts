/**
 * How a request's branches are packed into the rows of one pass: ragged, without padding, and under block-causal visibility
 * with the committing rows once for all branches.
 *
 * @module
 */
import type { AttentionSegment, KeyRange } from "../engine/mod.ts";
import { RequestError } from "./errors.ts";
import { subtract, unite } from "./position_ranges.ts";
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
  options: { readonly shift: boolean },
): WindowPlan {
  const { branches, commitRows, visibility } = request;
  const shared = visibility.kind === "block-causal" && branches.length > 1
    ? commitRows
    : 0;
  const cached = request.cached.reduce<PositionRange[]>(unite, []);
  const total = branches.reduce(
    (sum, branch) => sum + branch.tokens.length - shared,
    shared,
  );
  const tokens = new Int32Array(total);
  const positions = new Int32Array(total);
  let rows = 0;
  const segments: AttentionSegment[] = [];
  const append = (branch: BranchWindow, part: PositionRange): void => {
    for (let i = part.start; i < part.end; i++) {
      tokens[rows] = branch.tokens[i]!;
      positions[rows++] = branch.start + i;
    }
  };
  if (shared > 0) {
    const first = branches[0]!;
    append(first, { start: 0, end: shared });
    const before = subtract(cached, { start: first.start, end: Infinity }).map(
      cacheRange,
    );
    segments.push({
      row: 0,
      rows: shared,
      ranges: [...before, freshRange(first.start, { row: 0, count: shared })],
    });
  }
  const ownRows = branches.map((branch) => {
    const row = rows;
    append(branch, { start: shared, end: branch.tokens.length });
    const count = rows - row;
    if (count === 0) return row;
    const ranges = [
      ...subtract(cached, {
        start: branch.start,
        end: branch.start + branch.tokens.length,
      }).map(cacheRange),
      ...(shared > 0
        ? [freshRange(branch.start, { row: 0, count: shared })]
        : []),
      freshRange(branch.start + shared, { row, count }),
    ].sort((a, b) => a.position - b.position);
    segments.push({ row, rows: count, ranges });
    return row;
  });
  checkRanges(segments);
  return {
    tokens,
    positions,
    limits: limitsOf(positions, visibility),
    segments,
    stagedRows: ownRows.map((row) => shared > 0 ? 0 : row),
    answerRows: branches.map((branch, b) =>
      answersOf(branch, { ...options, shared, ownRow: ownRows[b]! })
    ),
  };
}

function limitsOf(
  positions: Int32Array,
  visibility: Visibility,
): Int32Array {
  const limits = new Int32Array(positions.length);
  for (let row = 0; row < limits.length; row++) {
    limits[row] = visibilityLimit(visibility, positions[row]!);
  }
  return limits;
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
  const rows = new Int32Array(predict.length);
  for (let i = 0; i < rows.length; i++) {
    const index = Math.max(predict[i]! - (shift ? 1 : 0), 0) - start;
    if (index < 0) rows[i] = -1;
    else rows[i] = index < shared ? index : ownRow + index - shared;
  }
  return rows;
}

function cacheRange({ start, end }: PositionRange): KeyRange {
  return { source: "cache", position: start, count: end - start, row: start };
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
  const most = Math.max(...segments.map((segment) => segment.ranges.length));
  if (most > MAX_RANGES) {
    throw new RequestError(
      "cached",
      `a branch sees ${most} separate ranges of keys, its own among them; at most ${MAX_RANGES} are possible`,
    );
  }
}
