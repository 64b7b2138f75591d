/**
 * Which split a problem belongs to.
 *
 * @module
 */
import { Draw } from "./draw.ts";
import { TaskError } from "./errors.ts";
import { hash32 } from "./hash.ts";
import type { Split } from "./types.ts";

/** The splits, in the order of their numbers. */
export const SPLITS: readonly Split[] = ["train", "dev", "test"];

/** Tries before a generator is taken for broken: with a tenth of all keys in a split, 2000 fail once in 10^91 problems. */
const ATTEMPTS = 2000;

/** The split of a key: 80 % of all keys belong to `train`, 10 % to `dev`, 10 % to `test`, by their hash. */
export function splitOf(key: string): Split {
  const tenth = Math.floor(hash32(key) / 2 ** 32 * 10);
  return tenth < 8 ? "train" : tenth === 8 ? "dev" : "test";
}

/** Which problem is drawn. */
export interface ProblemAddress {
  /** Name of the task. */
  readonly task: string;
  /** Its split. */
  readonly split: Split;
  /** Its index. */
  readonly index: number;
}

/** The stream of a problem's choices for one purpose. */
export function drawFor(
  { task, split, index }: ProblemAddress,
  { purpose, attempt = 0 }: {
    readonly purpose: string;
    readonly attempt?: number;
  },
): Draw {
  if (!Number.isInteger(index) || index < 0 || index > 0xffffffff) {
    throw new RangeError(
      `the index of a ${task} problem is ${index}; give an integer from 0 to 4294967295`,
    );
  }
  return new Draw({
    task,
    purpose,
    split: SPLITS.indexOf(split),
    index,
    attempt,
  });
}

/**
 * Draws with `make` until the key falls into the split. What is drawn outside of `make` is therefore distributed alike in all
 * splits.
 *
 * @throws {TaskError} If no key ever falls into the split: `make` has too few of them.
 */
export function drawInSplit<T extends { readonly key: string }>(
  address: ProblemAddress,
  make: (draw: Draw) => T,
): T {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const made = make(drawFor(address, { purpose: "problem", attempt }));
    if (splitOf(`${address.task}:${made.key}`) === address.split) return made;
  }
  throw new TaskError(
    `no ${address.task} problem of split "${address.split}" was found for index ${address.index} in ${ATTEMPTS} tries; give ` +
      "the generator more distinct keys",
  );
}
