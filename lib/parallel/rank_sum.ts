/**
 * Sums over ranks.
 *
 * @module
 */

/** The sum of what ranks gave, added up in their order: the same bits wherever it is done. */
export function sumOfRanks(all: readonly Float32Array[]): Float32Array {
  const sum = all[0]!.slice();
  for (const values of all.slice(1)) {
    for (let i = 0; i < sum.length; i++) sum[i]! += values[i]!;
  }
  return sum;
}
