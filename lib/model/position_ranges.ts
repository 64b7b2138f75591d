/**
 * Arithmetic on sorted lists of disjoint, half-open position ranges.
 *
 * @module
 */
import type { PositionRange } from "./types.ts";

/** The union of `ranges` with `added`, neighbours merged. */
export function unite(
  ranges: readonly PositionRange[],
  added: PositionRange,
): PositionRange[] {
  const sorted = [...ranges, added].filter((r) => r.end > r.start).sort((
    a,
    b,
  ) => a.start - b.start);
  const out: PositionRange[] = [];
  for (const range of sorted) {
    const last = out.at(-1);
    if (last && range.start <= last.end) {
      out[out.length - 1] = {
        start: last.start,
        end: Math.max(last.end, range.end),
      };
    } else out.push(range);
  }
  return out;
}

/** What of `ranges` lies outside `removed`. */
export function subtract(
  ranges: readonly PositionRange[],
  removed: PositionRange,
): PositionRange[] {
  const out: PositionRange[] = [];
  for (const { start, end } of ranges) {
    const before = Math.min(end, removed.start);
    const after = Math.max(start, removed.end);
    if (start < before) out.push({ start, end: before });
    if (after < end) out.push({ start: after, end });
  }
  return out;
}

/** Whether `range` lies within one of `ranges`. */
export function covers(
  ranges: readonly PositionRange[],
  range: PositionRange,
): boolean {
  if (range.start >= range.end) return true;
  for (const { start, end } of ranges) {
    if (start <= range.start && range.end <= end) return true;
  }
  return false;
}
