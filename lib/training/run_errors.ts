/**
 * What can stop a training run. Each message says what was found, what is wanted and the way out.
 *
 * @module
 */

/** A file of training state is cut short, altered, or no such file at all. */
export class StateDamagedError extends SyntaxError {
  /** The file. */
  readonly file: string;

  /** Builds the error; `file`: the file; `fault`: what is wrong with it. */
  constructor(file: string, fault: string) {
    super(
      `${file} is damaged: ${fault}; delete it to go on from the state before it, or train afresh (--fresh)`,
    );
    this.name = "StateDamagedError";
    this.file = file;
  }
}

/** A file of training state is whole, but of another recipe, stage or shape. */
export class StateMismatchError extends TypeError {
  /** The file. */
  readonly file: string;

  /** Builds the error; `file`: the file; `fault`: how it differs from what is wanted. */
  constructor(file: string, fault: string) {
    super(
      `${file} does not belong to this training: ${fault}; finish it with the version that wrote it, or train afresh (--fresh)`,
    );
    this.name = "StateMismatchError";
    this.file = file;
  }
}

/** Another process trains in the same folder. */
export class StateLockedError extends Error {
  /** The folder. */
  readonly folder: string;

  /** Builds the error; `folder`: the folder of the state. */
  constructor(folder: string) {
    super(
      `Another process is training in ${folder}: wait for it or stop it (Ctrl-C keeps its work)`,
    );
    this.name = "StateLockedError";
    this.folder = folder;
  }
}

/** Where and how a loss diverged. */
export interface Divergence {
  /** Name of the recipe. */
  readonly recipe: string;
  /** Stage, from 1. */
  readonly stage: number;
  /** The step that went wrong, from 1. */
  readonly step: number;
  /** What was not finite. */
  readonly fault: string;
  /** Step of the newest checkpoint; 0 where there is none. */
  readonly checkpointStep: number;
}

/** A stage's loss or gradient is not finite. The newest checkpoint is from before it; the cause is the trainer's error, if it threw one. */
export class StageDivergedError extends RangeError {
  /** Where and how. */
  readonly at: Divergence;

  /** Builds the error. */
  constructor(at: Divergence, cause?: unknown) {
    const kept = at.checkpointStep === 0
      ? "no checkpoint was written before it"
      : `the checkpoint of step ${at.checkpointStep} is kept`;
    super(
      `${at.recipe} diverged in stage ${at.stage} at step ${at.step}: ${at.fault}; ` +
        `${kept}. Lower the stage's peak learning rate, warm up for longer, or look at that step's batch`,
      { cause },
    );
    this.name = "StageDivergedError";
    this.at = at;
  }
}
