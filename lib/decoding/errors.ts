/**
 * Errors of the decoding level.
 *
 * @module
 */

/** A decode that cannot start or go on. Wrong option values are `TypeError` and `RangeError` instead. */
export class DecodeError extends Error {
  /** Always `DecodeError`. */
  override readonly name = "DecodeError";
  /** The values that the message speaks of. */
  readonly data: Readonly<Record<string, unknown>>;

  /**
   * Makes the error.
   *
   * @param message What was given, what is wanted, and the remedy.
   * @param data The values that the message speaks of.
   */
  constructor(message: string, data: Readonly<Record<string, unknown>> = {}) {
    super(message);
    this.data = data;
  }
}
