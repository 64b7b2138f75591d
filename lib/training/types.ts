/**
 * What a training step computes, without saying how: sequences with their visibility, the rows that carry a loss, and the
 * weights of each loss term. Objectives build batches; a trainer runs them on a device.
 *
 * @module
 */

/** One sequence of a batch. Rows of different sequences never see each other. */
export interface TrainingSequence {
  /** Token ids as the network sees them, masks included. */
  readonly tokens: Int32Array;
  /** Where each row stands, for its rotary embedding; 0 to `length` - 1. Default: row r at position r. */
  readonly positions?: Int32Array;
  /**
   * Row r sees the rows before row `limits[r]`, which is at least 1: `length` everywhere for full attention, r + 1 for a
   * causal model, the prompt's length or the end of the row's block for D2F's block-causal attention.
   */
  readonly limits: Int32Array;
}

/** A token to predict and how much it counts. */
export interface LossRow {
  /** Index into the batch's sequences. */
  readonly sequence: number;
  /** Row whose output predicts it: the target's own position, or the one before it under the logits shift. */
  readonly row: number;
  /** Token that is right. */
  readonly target: number;
  /** Weight of its cross-entropy. */
  readonly hard: number;
  /** Weight of the divergence from the teacher's distribution. Default 0. */
  readonly soft?: number;
  /** Index into the batch's certainty groups; absent: no certainty term. */
  readonly group?: number;
}

/**
 * One micro-batch: its loss is the weighted sum over `rows` plus, for each certainty group, its weight times the mean entropy
 * of softmax(logits / temperature) over the group's correctly predicted rows. Weights carry every normalisation.
 */
export interface TrainingBatch {
  /** At least one. */
  readonly sequences: readonly TrainingSequence[];
  /** At least one; a row may stand here several times. */
  readonly rows: readonly LossRow[];
  /** The frozen teacher's visibility of the same tokens, sequence by sequence; needed where a row has a soft weight. */
  readonly teacherLimits?: readonly Int32Array[];
  /** `forward` (as the D2F code: KL of the student from the teacher, mass covering) or `reverse` (as the paper prints). */
  readonly divergence?: "forward" | "reverse";
  /** Certainty forcing (dParallel). */
  readonly certainty?: {
    /** Temperature of the entropy. The paper uses 0.5. */
    readonly temperature: number;
    /** Weight of each group. */
    readonly weights: readonly number[];
  };
}

/** Sums over a batch's rows, each before weighting, and the loss itself. */
export interface BatchLoss {
  /** The weighted loss whose gradient is taken. */
  readonly loss: number;
  /** Per row of the batch, in its order. */
  readonly hard: Float32Array;
  /** Per row; 0 without a teacher. Forward: cross-entropy with the teacher's distribution. */
  readonly soft: Float32Array;
  /** Per row: entropy of softmax(logits / temperature), nats. */
  readonly entropy: Float32Array;
  /** Per row: whether the likeliest token is the target. */
  readonly correct: Uint8Array;
}

/** Rates of one optimiser step (AdamW, decoupled decay). */
export interface StepRates {
  /** 0 or more. */
  readonly learningRate: number;
  /** Decay of the gradient's mean, in [0, 1). */
  readonly beta1: number;
  /** Decay of the gradient's mean square, in [0, 1). */
  readonly beta2: number;
  /** Added to the root of the mean square; positive. */
  readonly epsilon: number;
  /** Largest global gradient norm; 0 for no clipping. */
  readonly clip: number;
}

/** What one optimiser step did. */
export interface StepReport {
  /** Losses of the micro-batches, in their order. */
  readonly batches: readonly BatchLoss[];
  /** Sum of the batches' losses. */
  readonly loss: number;
  /** Global norm of the gradient before clipping. */
  readonly gradientNorm: number;
  /** Milliseconds inside the native library. */
  readonly nativeMs: number;
}

/** Training of one model on one device. */
export interface Trainer {
  /** Adds the gradients of all batches, then updates once. A norm that is not finite leaves every weight as it was. */
  step(
    batches: readonly TrainingBatch[],
    rates: StepRates,
  ): Promise<StepReport>;
  /** The loss without an update. */
  evaluate(batch: TrainingBatch): Promise<BatchLoss>;
  /** Trainable tensors by checkpoint name (PEFT names for LoRA), row-major f32. */
  parameters(): Map<string, Float32Array>;
  /** Gradients of the last `step`, before clipping, under the same names. */
  gradients(): Map<string, Float32Array>;
  /** Everything that a later process needs to go on bit by bit: step count, weights, moments, average. */
  saveState(): TrainerState;
  /** Goes on from a saved state of the same model and settings. */
  loadState(state: TrainerState): void;
  /** The exponential moving average of the weights, where one is kept, else the weights. */
  averaged(): Map<string, Float32Array>;
  /** Frees the device memory. */
  close(): void;
}

/** State of a trainer: flat arrays in the trainer's own order of parameters. */
export interface TrainerState {
  /** Optimiser steps done. */
  readonly step: number;
  /** All trained weights. */
  readonly weights: Float32Array;
  /** Mean of the gradient. */
  readonly moment1: Float32Array;
  /** Mean of its square. */
  readonly moment2: Float32Array;
  /** Absent where no average is kept. */
  readonly average?: Float32Array;
}
