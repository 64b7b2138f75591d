/**
 * AUP, accuracy under parallelism: the area under accuracy against tokens per forward, weighted by how much accuracy was
 * given up (d3LLM, arXiv 2601.07568).
 *
 * @module
 */

/** One operating point of a method. */
export interface AupPoint {
  /** Tokens per forward. */
  readonly tpf: number;
  /** Accuracy in percent. */
  readonly accuracy: number;
}

/**
 * AUP = r1 y1 + 1/2 sum over i >= 2 of (r_i - r_(i-1)) (y_i W(y_i) + y_(i-1) W(y_(i-1))), W(y) = min(exp(-3 (1 - y / best)), 1),
 * over the points in ascending TPF whose accuracy is at least that of the slowest point minus 5 percent points.
 *
 * `best` is the highest accuracy of any compared method on the task, in percent: adding a method can change every AUP. The
 * first rectangle is not weighted, so give every method a point at TPF 1.
 *
 * @throws {RangeError} for no points, for a `best` that is not positive, and for accuracies that look like shares of 1.
 */
export function aup(
  points: readonly AupPoint[],
  { best }: { readonly best: number },
): number {
  const sorted = points.toSorted((a, b) => a.tpf - b.tpf);
  const first = sorted[0];
  if (first === undefined) {
    throw new RangeError("no points, wanted at least one");
  }
  if (!(best > 1)) {
    throw new RangeError(
      `best accuracy ${best}, wanted percent: multiply shares by 100`,
    );
  }
  const kept = sorted.filter((point) => point.accuracy >= first.accuracy - 5);
  const weighted = ({ accuracy }: AupPoint) =>
    accuracy * Math.min(Math.exp(-3 * (1 - accuracy / best)), 1);
  let area = first.tpf * first.accuracy;
  for (let i = 1; i < kept.length; i++) {
    const a = kept[i - 1]!, b = kept[i]!;
    area += (b.tpf - a.tpf) * (weighted(a) + weighted(b)) / 2;
  }
  return area;
}
