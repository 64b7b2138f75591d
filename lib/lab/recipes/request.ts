/**
 * What a training is asked for, and what it works with.
 *
 * @module
 */
import type { TensorSource } from "../../model/tensor_source.ts";
import type { Trainer } from "../../training/types.ts";
import type { Progress } from "../progress.ts";
import type { Recipe } from "./types.ts";
import type { RecipeWorld } from "./world.ts";

/** What a trainer is made from. */
export interface TrainerParts {
  /** Weights to begin with. */
  readonly source: TensorSource;
  /** The frozen teacher, or `null`. */
  readonly teacher: TensorSource | null;
  readonly recipe: Recipe;
}

/** What is asked of a training. */
export interface TrainRequest {
  /** Stop after this step, counted over all stages; `null`: at the end. */
  readonly steps: number | null;
  /** `continue`: from the state where there is one, else from the beginning; `resume`: from state or shipped stages; `fresh`. */
  readonly mode: "continue" | "resume" | "fresh";
  /** Stop after the plan. */
  readonly dryRun: boolean;
  /** Where the model goes; `null`: to the shipped models when it is complete, else beside the state. */
  readonly out: string | null;
}

/** What a training works with. */
export interface TrainTools {
  readonly world: RecipeWorld;
  /** Folder of the shipped models. */
  readonly models: string;
  /** Folder of all training state; each recipe has a folder of its own in it. */
  readonly states: string;
  /** Makes a trainer; closed after each stage. */
  readonly makeTrainer: (parts: TrainerParts) => Promise<Trainer>;
  /** Threads of the device, for the plan. */
  readonly threads: number;
  readonly progress: Progress;
  readonly print: (text: string) => void;
  readonly warn: (text: string) => void;
  readonly signal?: AbortSignal;
  /** Least seconds between two checkpoints. */
  readonly checkpointSeconds?: number;
}
