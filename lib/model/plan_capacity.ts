/**
 * How large a recorded plan is: it serves every request up to its capacities, which grow by doubling.
 *
 * @module
 */

/** Sizes that a plan's buffers and tables are laid out for. */
export interface PlanCapacity {
  /** Rows of one pass. */
  readonly rows: number;
  /** Attention segments. */
  readonly segments: number;
  /** Rows through the output head. */
  readonly requests: number;
  /** Barred token ids. */
  readonly barred: number;
  /** Cache commits before the pass. */
  readonly copies: number;
}

/** Capacity of a session's first plan. */
export const SMALLEST_CAPACITY: PlanCapacity = {
  rows: 16,
  segments: 1,
  requests: 16,
  barred: 1,
  copies: 1,
};

/** The capacity itself where it suffices, else one with the short sizes doubled until they do. */
export function grownCapacity(
  capacity: PlanCapacity,
  needed: PlanCapacity,
): PlanCapacity {
  if (fits(needed, capacity)) return capacity;
  const grow = (size: keyof PlanCapacity) => {
    let value = capacity[size];
    while (value < needed[size]) value *= 2;
    return value;
  };
  return {
    rows: grow("rows"),
    segments: grow("segments"),
    requests: grow("requests"),
    barred: grow("barred"),
    copies: grow("copies"),
  };
}

function fits(needed: PlanCapacity, capacity: PlanCapacity): boolean {
  return needed.rows <= capacity.rows &&
    needed.segments <= capacity.segments &&
    needed.requests <= capacity.requests &&
    needed.barred <= capacity.barred &&
    needed.copies <= capacity.copies;
}
