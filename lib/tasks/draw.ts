/**
 * Random choices of the generators: a pure function of what is being drawn, so that a problem depends on its index alone.
 *
 * @module
 */
import { philox4x32 } from "../decoding/philox.ts";
import { hash32 } from "./hash.ts";

/** What a stream of choices is for. Streams of different addresses are independent. */
export interface DrawAddress {
  /** Name of the task. */
  readonly task: string;
  /** What the choices are for, e.g. `wording`. */
  readonly purpose: string;
  /** Split, as a number. */
  readonly split: number;
  /** Index of the problem, 0 to 2^32 - 1. */
  readonly index: number;
  /** Which try at the same problem. */
  readonly attempt: number;
}

/** Which of several things, and how often: `[thing, weight]`. */
export type Weighted<T> = readonly (readonly [T, number])[];

/**
 * A stream of choices: Philox4x32-10 with the key (hash of task and purpose, 0) and the counter (index, split, attempt, block).
 * It adds up the information of its choices: the mean over problems is the entropy of what they decide.
 */
export class Draw {
  readonly #key: Uint32Array;
  readonly #counter: Uint32Array;
  #words: Uint32Array = new Uint32Array(0);
  #next = 0;
  #bits = 0;

  /** Starts the stream of an address. */
  constructor({ task, purpose, split, index, attempt }: DrawAddress) {
    this.#key = Uint32Array.of(streamKey(`${task}/${purpose}`), 0);
    this.#counter = Uint32Array.of(index, split, attempt, 0);
  }

  /** Information of the choices so far, in bits. */
  get bits(): number {
    return this.#bits;
  }

  /** An integer from `low` to `high`, both included, all equally likely. */
  integer(low: number, high: number): number {
    const count = high - low + 1;
    this.#bits += Math.log2(count);
    return low + Math.floor(this.#uniform() * count);
  }

  /** One of a list, all equally likely. */
  pick<T>(list: readonly T[]): T {
    return list[this.integer(0, list.length - 1)]!;
  }

  /** One of a list, as likely as its weight says. */
  weighted<T>(list: Weighted<T>): T {
    const total = list.reduce((sum, [, weight]) => sum + weight, 0);
    let left = this.#uniform() * total;
    const found = list.find(([, weight]) => (left -= weight) < 0) ??
      list[list.length - 1]!;
    this.#bits -= Math.log2(found[1] / total);
    return found[0];
  }

  /** True with the given probability. */
  chance(probability: number): boolean {
    return this.weighted([[true, probability], [false, 1 - probability]]);
  }

  /** A multiple of 2^-32 in [0, 1). */
  #uniform(): number {
    if (this.#next === this.#words.length) {
      this.#words = philox4x32(this.#counter, this.#key);
      this.#counter[3]!++;
      this.#next = 0;
    }
    return this.#words[this.#next++]! / 2 ** 32;
  }
}

const streamKeys = new Map<string, number>();

/** Hash of a stream's name, kept: there are few. */
function streamKey(name: string): number {
  let key = streamKeys.get(name);
  if (key === undefined) streamKeys.set(name, key = hash32(name));
  return key;
}
