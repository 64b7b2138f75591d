/**
 * Time left, learnt from the cells that have run: declared seconds are scaled by how long finished cells really took.
 *
 * @module
 */
export class Estimate {
  #left: number;
  #declared = 0;
  #taken = 0;

  /** `seconds`: declared time of all cells to compute. */
  constructor(seconds: number) {
    this.#left = seconds;
  }

  /** Notes a computed cell: its declared and its real seconds. */
  finished(declared: number, taken: number): void {
    this.#left = Math.max(0, this.#left - declared);
    this.#declared += declared;
    this.#taken += taken;
  }

  /** Seconds left; `fraction` of a cell of `declared` seconds is already done. */
  left(declared = 0, fraction = 0): number {
    const pace = this.#declared > 0 ? this.#taken / this.#declared : 1;
    return Math.max(0, this.#left - declared * fraction) * pace;
  }
}
