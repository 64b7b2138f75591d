/**
 * The errors of training. Each message says what was given, what is wanted and the remedy; each class carries the data.
 *
 * @module
 */

/** A batch breaks a rule of `TrainingBatch`. Nothing was computed and no weight was changed. */
export class BatchError extends RangeError {
  /** Name of the class. */
  override name = "BatchError";
  /** Index of the micro-batch among those given. */
  readonly batch: number;
  /** The field at fault, e.g. `rows[3].target`. */
  readonly field: string;

  /** Builds the error; `field`: the field at fault; `message`: what was given and what is wanted. */
  constructor(batch: number, field: string, message: string) {
    super(`Cannot train on micro-batch ${batch}: ${field} ${message}`);
    this.batch = batch;
    this.field = field;
  }
}

/** Logits, a loss, a gradient or a weight is NaN or infinite. */
export class DivergenceError extends RangeError {
  /** Name of the class. */
  override name = "DivergenceError";
  /** Index of the micro-batch, `null` where the update itself is at fault. */
  readonly batch: number | null;
  /** Whether the weights are still those from before the step. */
  readonly weightsIntact: boolean;

  /** Builds the error; `message`: what is not finite. */
  constructor(
    message: string,
    about: {
      readonly batch: number | null;
      readonly weightsIntact: boolean;
      readonly cause?: unknown;
    },
  ) {
    const remedy = about.weightsIntact
      ? "No weight was changed; lower the learning rate or clip, or leave the batch out"
      : "Load the last saved state and lower the learning rate";
    super(`${message}. ${remedy}`, { cause: about.cause });
    this.batch = about.batch;
    this.weightsIntact = about.weightsIntact;
  }
}

/** Settings of a trainer that contradict each other or the model, or a state that is not of this trainer. */
export class TrainerError extends TypeError {
  /** Name of the class. */
  override name = "TrainerError";
}
