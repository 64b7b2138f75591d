/**
 * How long anything of many was at work.
 *
 * @module
 */

/** A stretch of time, in milliseconds of any clock. */
export interface Stretch {
  readonly from: number;
  readonly to: number;
}

/** Milliseconds of `within` that lie in at least one of the stretches, which may overlap and stand in any order. */
export function timeCovered(
  stretches: readonly Stretch[],
  within: Stretch,
): number {
  let covered = 0, until = within.from;
  for (const { from, to } of stretches.toSorted((a, b) => a.from - b.from)) {
    const begin = Math.max(from, until), end = Math.min(to, within.to);
    if (end <= begin) continue;
    covered += end - begin;
    until = end;
  }
  return covered;
}
