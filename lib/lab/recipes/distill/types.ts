/**
 * What a distillation recipe is: everything that decides an adapter's weights, as data.
 *
 * @module
 */
import type { DecoderSpec } from "../../../decoding/registry.ts";
import type { AdapterSettings } from "../../../training/adapter_files.ts";
import type { CertaintyForcingOptions } from "../../../training/certainty_forcing.ts";
import type { RateSchedule } from "../../../training/schedule.ts";
import type { RecipeOptimiser } from "../types.ts";

/** How a teacher answers training prompts. Plain JSON values. */
export interface TrajectoryRecipe {
  /** Name in commands, e.g. `trajectories-llada-mini`. */
  readonly name: string;
  /** Name of the teacher, a folder among the models. */
  readonly teacher: string;
  /** Cache-free decoder without its length: the task's own is used. */
  readonly decoder: DecoderSpec;
  /** Index of the first problem of the training split. */
  readonly first: number;
  /** Problems asked. */
  readonly problems: number;
  /** Share of each task in the problems, by name; they sum to 1. */
  readonly mix: Readonly<Record<string, number>>;
  /** Whether answers that the grader finds wrong are thrown away. */
  readonly reject: boolean;
  /** Passes that an answer takes, roughly; only for estimates. */
  readonly passes: number;
}

/** Which of the adapters that a training goes through is kept. */
export interface SelectionRecipe {
  /** Steps between two looks. */
  readonly every: number;
  /** Problems of each task, from the start of the development split. */
  readonly problems: number;
  readonly tasks: readonly string[];
  /** Decoder without its length and without its threshold. */
  readonly decoder: DecoderSpec;
  /** Name of the threshold's option. */
  readonly option: string;
  /** Thresholds from the slowest to the fastest. */
  readonly thresholds: readonly number[];
  /** The one among them at which the base's passes are taken. */
  readonly operating: number;
  /** Factor by which passes must fall: adapters are compared at the base's passes divided by it. */
  readonly speedup: number;
  /** Whether decodes run in lockstep; not for decoders that use the cache. */
  readonly lockstep: boolean;
}

/** Modules that an adapter adapts: all projections of all layers, or modules of these names where the model has them. */
export type RecipeTargets = "projections" | readonly string[];

/** A distillation recipe. Plain JSON values. */
export interface DistillationRecipe {
  /** Name of the recipe and of the folder of its adapter. */
  readonly name: string;
  /** What it makes, in one sentence. */
  readonly makes: string;
  /** Name of the model that is adapted, a folder among the models. */
  readonly base: string;
  /** What it learns from. */
  readonly trajectories: TrajectoryRecipe;
  readonly objective: CertaintyForcingOptions;
  readonly adapter: Pick<AdapterSettings, "rank" | "alpha"> & {
    readonly targets: RecipeTargets;
    /** Seed of the first A. */
    readonly seed: number;
  };
  readonly optimiser: RecipeOptimiser;
  /** Optimiser steps; `null`: `epochs` times the trajectories. */
  readonly steps: number | null;
  readonly epochs: number;
  /** Trajectories of each step. */
  readonly problems: number;
  /** Positions of a micro-batch at most. */
  readonly positions: number;
  /** Seed of order and noise. */
  readonly seed: number;
  /** Learning rate over the steps. */
  readonly rate: Omit<RateSchedule, "steps" | "warmup"> & {
    /** Share of the steps over which the rate rises. */
    readonly warmupShare: number;
  };
  /** `null`: the last adapter is kept. */
  readonly selection: SelectionRecipe | null;
  /** Element type of frozen matrices. */
  readonly precision: "f32" | "bf16";
}
