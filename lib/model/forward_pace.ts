/**
 * What the forwards of a model took, so that the first of a new plan is not a surprise.
 *
 * @module
 */

/** Time per row of the plans that sessions of one model have run. */
export class ForwardPace {
  #microsecondsPerRow = Infinity;

  /** Predicted length of a forward of so many rows, in microseconds; infinite until one is known. */
  predict(rows: number): number {
    return rows * this.#microsecondsPerRow;
  }

  /** Takes over the estimate of a plan for so many rows, unless it never ran. */
  learn(rows: number, microseconds: number): void {
    if (microseconds < Infinity) this.#microsecondsPerRow = microseconds / rows;
  }
}
