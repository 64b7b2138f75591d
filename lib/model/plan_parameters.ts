/**
 * Where each table of a forward stands among the parameter words.
 *
 * @module
 */
import { ParameterLayout } from "../engine/mod.ts";
import type { PlanCapacity } from "./plan_capacity.ts";

/** Word indices of the tables, and the layout that knows their total. */
export interface PlanParameters {
  readonly layout: ParameterLayout;
  /** Rows of the cache commits, then of the boundary row's. */
  readonly copies: number;
  readonly boundaryCopies: number;
  /** Number of rows of the pass. */
  readonly rows: number;
  readonly tokens: number;
  readonly positions: number;
  readonly limits: number;
  readonly segments: number;
  readonly requests: number;
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
