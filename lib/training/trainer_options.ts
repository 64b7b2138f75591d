/**
 * How a trainer is made.
 *
 * @module
 */
import type { ModelConfig } from "../model/config.ts";
import type { TensorSource } from "../model/tensor_source.ts";
import type { LoraOptions } from "./adapters.ts";
import type { DecayRule } from "./arena.ts";
import { TrainerError } from "./errors.ts";

/** Options of {@linkcode createTrainer}. */
export interface TrainerOptions {
  /** Weights to start from. Read while the trainer is created, and left open. */
  readonly source: TensorSource;
  /** All weights, or low-rank adapters of frozen ones. Default `all`. */
  readonly trainable?: "all" | LoraOptions;
  /** Element type of the matrices that forward and backward multiply with; masters are f32. Default `bf16`. */
  readonly precision?: "f32" | "bf16";
  /** Decoupled weight decay: its rate, and which tensors it takes (default: all). Default: none. */
  readonly decay?: { readonly rate: number; readonly applies?: DecayRule };
  /** Keeps an exponential moving average of the weights, of which a step keeps this share, 0 to 1. Default: none is kept. */
  readonly average?: number;
  /**
   * Where soft targets come from: the weights that training starts from (for adapters: the network without them), or another
   * model with the same vocabulary. Default: no teacher.
   */
  readonly teacher?: "start" | TensorSource;
  /**
   * Token whose embedding gets no gradient through the lookup (through a tied head it does); `null`: none. Default: Dream's
   * padding token, as its reference has it, and none in other families.
   */
  readonly padding?: number | null;
}

/** Options with their defaults, checked. */
export interface SettledOptions extends
  Required<
    Pick<TrainerOptions, "source" | "trainable" | "precision" | "padding">
  > {
  readonly decay: { readonly rate: number; readonly applies: DecayRule };
  readonly average: number | null;
  readonly teacher: "start" | TensorSource | null;
}

/**
 * Fills in the defaults.
 *
 * @throws {TrainerError} When a number is out of its range, or the teacher has another vocabulary.
 */
export function settleOptions(options: TrainerOptions): SettledOptions {
  const { source, decay, average = null, teacher = null } = options;
  const { config } = source;
  const { padding = defaultPadding(config) } = options;
  const rate = decay?.rate ?? 0;
  if (!(rate >= 0 && rate < Infinity)) {
    throw new TrainerError(
      `decay.rate is ${rate}; a number of 0 or more is wanted`,
    );
  }
  if (average !== null && !(average >= 0 && average <= 1)) {
    throw new TrainerError(
      `average is ${average}; a share of 0 to 1 is wanted`,
    );
  }
  if (
    padding !== null &&
    !(Number.isInteger(padding) && padding >= 0 && padding < config.vocabSize)
  ) {
    throw new TrainerError(
      `padding is ${padding}; an id from 0 to ${
        config.vocabSize - 1
      }, or null, is wanted`,
    );
  }
  if (typeof teacher === "object" && teacher !== null) {
    checkTeacher(config, teacher.config);
  }
  return {
    source,
    trainable: options.trainable ?? "all",
    precision: options.precision ?? "bf16",
    decay: { rate, applies: decay?.applies ?? (() => true) },
    average,
    teacher,
    padding,
  };
}

function defaultPadding({ family, ids }: ModelConfig): number | null {
  return family === "dream" ? ids.pad : null;
}

function checkTeacher(student: ModelConfig, teacher: ModelConfig): void {
  if (teacher.vocabSize === student.vocabSize) return;
  throw new TrainerError(
    `The teacher has a vocabulary of ${teacher.vocabSize}, the student one of ${student.vocabSize}: soft targets need the same`,
  );
}
