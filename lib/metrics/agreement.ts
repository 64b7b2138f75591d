/**
 * How much two decodes of the same prompt agree.
 *
 * @module
 */

/**
 * Share of positions at which two generations hold the same id, in [0, 1]. Positions that only the longer one has count as
 * different. 1 for two empty generations.
 */
export function agreement(
  a: ArrayLike<number>,
  b: ArrayLike<number>,
): number {
  const length = Math.max(a.length, b.length);
  if (length === 0) return 1;
  let same = 0;
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    if (a[i] === b[i]) same += 1;
  }
  return same / length;
}
