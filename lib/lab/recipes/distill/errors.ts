/**
 * The errors of distillation.
 *
 * @module
 */

/** There are not enough prompts or answers. */
export class PromptsError extends Error {
  /** Name of the class. */
  override name = "PromptsError";

  /** Builds the error; `message`: what is missing, and what to do. */
  constructor(message: string) {
    super(`Cannot make trajectories: ${message}`);
  }
}
