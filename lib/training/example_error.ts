/**
 * The error of examples that cannot be trained on.
 *
 * @module
 */

/** An example, or a sequence made from one, that no loss can be computed for. Wrong option values are `TypeError` and `RangeError`. */
export class ExampleError extends RangeError {
  /** Index of the example in its batch; `null` where the batch as a whole is at fault. */
  readonly index: number | null;

  /** Builds the error; `index`: of the example in its batch or `null`; `message`: what was given, what is wanted, the remedy. */
  constructor(index: number | null, message: string) {
    super(index === null ? message : `example ${index}: ${message}`);
    this.name = "ExampleError";
    this.index = index;
  }
}
