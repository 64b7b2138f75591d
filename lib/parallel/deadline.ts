/**
 * A limit on how long a round may take.
 *
 * @module
 */

/**
 * The limit of one round after another. Its timer outlives rounds: to set one takes a twentieth of a millisecond, in which no
 * device works.
 */
export class RoundDeadline {
  #timer: ReturnType<typeof setTimeout> | null = null;
  #at = Infinity;
  #reject: () => void = () => {};

  /**
   * Begins a round.
   *
   * @returns Rejects with `late()` if the round has not ended after `limitMs`; else never settles.
   */
  begin(limitMs: number, late: () => Error): Promise<never> {
    const { promise, reject } = Promise.withResolvers<never>();
    promise.catch(() => {}); // heard only while a message is awaited
    this.#reject = () => reject(late());
    this.#at = performance.now() + limitMs;
    this.#timer ??= this.#wake(limitMs);
    return promise;
  }

  /** Ends the round. */
  end(): void {
    this.#at = Infinity;
  }

  /** Stops the timer. Idempotent. */
  close(): void {
    this.end();
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  #wake(milliseconds: number): ReturnType<typeof setTimeout> {
    return setTimeout(() => {
      this.#timer = null;
      const left = this.#at - performance.now();
      if (left <= 0) this.#reject();
      else if (left < Infinity) this.#timer = this.#wake(left);
    }, milliseconds);
  }
}
