/**
 * The errors of this floor.
 *
 * @module
 */

/** A problem, an index or a mixture that a task cannot work with. */
export class TaskError extends TypeError {
  /** Builds the error; `message`: what was given and what is wanted. */
  constructor(message: string) {
    super(message);
    this.name = "TaskError";
  }
}

/** The processes that run generated code cannot be started. A program that misbehaves is graded wrong, never thrown. */
export class SandboxError extends Error {
  /** Builds the error; `message`: what failed and the remedy. */
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "SandboxError";
  }
}
