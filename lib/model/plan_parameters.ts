/**
 * Where each table of a forward stands among the parameter words.
 *
 * @module
 */
import { ParameterLayout } from "../engine/mod.ts";
import type { PlanCapacity } from "./plan_capacity.ts";

/** Word indices of the tables, and the layout that knows their total. */
export interface PlanParameters {
  /** Who stands where, and how many words there are. */
  readonly layout: ParameterLayout;
  /** Copy table of the cache commits. */
  readonly copies: number;
  /** Copy table of the boundary row. */
  readonly boundaryCopies: number;
  /** Number of rows of the pass. */
  readonly rows: number;
  /** Token ids, one per row. */
  readonly tokens: number;
  /** Absolute positions, one per row. */
  readonly positions: number;
  /** Each row sees the keys at positions below its limit, one per row. */
  readonly limits: number;
  /** Attention segments. */
  readonly segments: number;
  /** Head requests. */
  readonly requests: number;
  /** Ids that can never be drawn. */
  readonly barred: number;
}

/** Lays out the tables for a capacity. */
export function planParameters(capacity: PlanCapacity): PlanParameters {
  const layout = new ParameterLayout();
  return {
    layout,
    copies: layout.reserveCopies(capacity.copies),
    boundaryCopies: layout.reserveCopies(capacity.copies),
    rows: layout.reserve(),
    tokens: layout.reserve(capacity.rows),
    positions: layout.reserve(capacity.rows),
    limits: layout.reserve(capacity.rows),
    segments: layout.reserveSegments(capacity.segments),
    requests: layout.reserveRequests(capacity.requests),
    barred: layout.reserveIds(capacity.barred),
  };
}
