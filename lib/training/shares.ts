/**
 * Shares of a batch: which samples get which treatment.
 *
 * @module
 */
import type { Draws } from "./draws.ts";

/** Options of {@linkcode assignShares}. */
export interface ShareOptions<K extends string> {
  /** Share of each kind in [0, 1], together at most 1. */
  readonly shares: Readonly<Record<K, number>>;
  /** What the draw is for. */
  readonly purpose: string;
  /** Source of the random numbers. */
  readonly draws: Draws;
}

/**
 * Gives each of `count` samples at most one kind. Every sample has a kind with exactly its share's probability, and a batch
 * holds floor or ceil of share times count of it: the samples are shuffled and cut with one shared draw (systematic sampling).
 *
 * @returns `[count]`, `null` for samples in none of the shares.
 * @throws {RangeError} If a share is negative or not a number, or they sum to more than 1.
 */
export function assignShares<K extends string>(
  count: number,
  { shares, purpose, draws }: ShareOptions<K>,
): (K | null)[] {
  const kinds = Object.entries(shares) as [K, number][];
  const total = kinds.reduce((sum, [, share]) => sum + share, 0);
  if (
    kinds.some(([, share]) => !(share >= 0 && share <= 1)) || total > 1 + 1e-9
  ) {
    throw new RangeError(
      `the shares are ${
        kinds.map(([kind, share]) => `${kind} ${share}`).join(", ")
      }; give numbers from 0 to 1 that sum to at most 1`,
    );
  }
  const assigned: (K | null)[] = Array.from({ length: count }, () => null);
  if (total === 0) return assigned;
  const keys = assigned.map((_, sample) => draws(purpose, { sample }));
  const order = [...keys.keys()].sort((a, b) => keys[a]! - keys[b]! || a - b);
  const shared = draws(purpose);
  order.forEach((sample, rank) => {
    const at = (rank + shared) / count;
    let end = 0;
    for (const [kind, share] of kinds) {
      end += share;
      if (at < end) {
        assigned[sample] = kind;
        return;
      }
    }
  });
  return assigned;
}
