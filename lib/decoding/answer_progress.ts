/**
 * When an answer is known: the first end-of-sequence token and everything before it are written, whatever is still masked behind.
 *
 * @module
 */
import type { DecodeStep } from "./types.ts";

/** Follows what the steps of one decode write; its rules never take a token back. */
export class AnswerProgress {
  readonly #start: number;
  readonly #eosId: number;
  readonly #ids: (number | undefined)[] = [];
  #known = 0;
  #settled = false;

  /** `promptLength`: position of the answer's first token; `eosId`: what ends it. */
  constructor(
    { promptLength, eosId }: {
      readonly promptLength: number;
      readonly eosId: number;
    },
  ) {
    this.#start = promptLength;
    this.#eosId = eosId;
  }

  /** Takes the next step; whether the answer is known after it. */
  apply({ fills, accepted }: DecodeStep): boolean {
    for (const { position, token } of fills) this.#write(position, token);
    if (accepted !== undefined) this.#write(accepted.position, accepted.token);
    while (!this.#settled && this.#ids[this.#known] !== undefined) {
      this.#settled = this.#ids[this.#known] === this.#eosId;
      this.#known++;
    }
    return this.#settled;
  }

  /** Whether the answer is known up to its end of sequence. */
  get settled(): boolean {
    return this.#settled;
  }

  /** The ids from the start that are known, the end of sequence included. */
  get ids(): Int32Array {
    return Int32Array.from(this.#ids.slice(0, this.#known) as number[]);
  }

  #write(position: number, token: number): void {
    this.#ids[position - this.#start] = token;
  }
}

/** Forwards after which an answer was known; all of them where it has no end of sequence. */
export function settledForwards(
  steps: readonly DecodeStep[],
  start: { readonly promptLength: number; readonly eosId: number },
): number {
  const progress = new AnswerProgress(start);
  const at = steps.findIndex((step) => progress.apply(step));
  return at < 0 ? steps.length : at + 1;
}
