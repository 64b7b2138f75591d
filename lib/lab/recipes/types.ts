/**
 * What a recipe is: everything that decides a model's weights, as data.
 *
 * @module
 */
import type { ModelFamily } from "../../model/types.ts";
import type { CausalOptions } from "../../training/causal.ts";
import type { D2fOptions } from "../../training/d2f.ts";
import type { LeftToRightOptions } from "../../training/left_to_right.ts";
import type { MaskedDiffusionOptions } from "../../training/masked_diffusion.ts";
import type { RateSchedule } from "../../training/schedule.ts";

/** Sizes of the network. The vocabulary is the tasks' tokenizer's, rounded up to a multiple of 16. */
export interface RecipeShape {
  /** Width of the residual stream. */
  readonly hiddenSize: number;
  /** Layers. */
  readonly layers: number;
  /** Query heads. */
  readonly heads: number;
  /** Key-value heads. */
  readonly kvHeads: number;
  /** Width of the SwiGLU. */
  readonly mlpSize: number;
  /** Longest sequence. */
  readonly maxPositions: number;
  /** Whether the output head is the embedding. */
  readonly tied: boolean;
}

/** What is minimised. The frozen teacher of `d2f` is the recipe's base. */
export type RecipeObjective =
  | { readonly kind: "causal"; readonly options: CausalOptions }
  | { readonly kind: "left-to-right"; readonly options: LeftToRightOptions }
  | {
    readonly kind: "masked-diffusion";
    readonly options: MaskedDiffusionOptions;
  }
  | { readonly kind: "d2f"; readonly options: D2fOptions };

/** AdamW with decoupled decay. Norms, biases and embeddings do not decay. */
export interface RecipeOptimiser {
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  /** Rate of the decay. */
  readonly decay: number;
  /** Largest global gradient norm. */
  readonly clip: number;
}

/** A run of steps that ends with its weights alone, in bfloat16; the next begins with them, without moments. */
export interface Stage {
  /** Optimiser steps. */
  readonly steps: number;
  /** Problems of each step. */
  readonly problems: number;
  /** Positions of a micro-batch at most. */
  readonly positions: number;
  /** Seed of choices and noise; its problems begin at index seed * 1,000,000 of the training split. */
  readonly seed: number;
  /** Learning rate over the stage's steps. */
  readonly rate: Omit<RateSchedule, "steps">;
  /** What is minimised, where it is not the recipe's. */
  readonly objective?: Exclude<RecipeObjective, { readonly kind: "d2f" }>;
  /** Share of each task in the problems, by name; they sum to 1. */
  readonly mix: Readonly<Record<string, number>>;
}

/** A recipe. Plain JSON values. */
export interface Recipe {
  /** Name of the recipe and of the folder of its model. */
  readonly name: string;
  /** What it makes, in one sentence. */
  readonly makes: string;
  /** Architecture of the model. */
  readonly family: ModelFamily;
  /** Recipe whose shipped model it begins with; `null`: from random weights of `seed`. */
  readonly base: string | null;
  /** Seed of random weights. */
  readonly seed: number;
  readonly shape: RecipeShape;
  readonly objective: RecipeObjective;
  readonly optimiser: RecipeOptimiser;
  /** Share of itself that a step leaves to the moving average of the weights, which is what a stage keeps; `null`: the last weights. */
  readonly average: number | null;
  readonly stages: readonly Stage[];
}
