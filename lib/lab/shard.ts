/** Which cells of a grid this process computes: `index` of `count`, from 1. */
export interface Shard {
  /** From 1. */
  readonly index: number;
  /** Number of processes that share the grid. */
  readonly count: number;
}

/** Parses `i/n`, e.g. `2/8`. Throws `RangeError` unless 1 <= i <= n. */
export function parseShard(text: string): Shard {
  const match = /^(\d+)\/(\d+)$/.exec(text);
  const [index, count] = [Number(match?.[1]), Number(match?.[2])];
  if (match === null || index < 1 || index > count) {
    throw new RangeError(
      `Cannot use shard "${text}": want i/n with 1 <= i <= n, e.g. 2/8`,
    );
  }
  return { index, count };
}

/** Whether the cell at `position` (from 0) of the grid belongs to the shard. */
export function inShard(position: number, shard: Shard): boolean {
  return position % shard.count === shard.index - 1;
}
