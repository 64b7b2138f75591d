/**
 * The distillation recipes by name.
 *
 * @module
 */
import { MINI_DISTILLATIONS, MINI_TRAJECTORIES } from "./mini.ts";
import { PAPER_DISTILLATIONS } from "./paper.ts";
import { SWEEP_DISTILLATIONS } from "./sweeps.ts";
import type { DistillationRecipe, TrajectoryRecipe } from "./types.ts";

/** All recipes of adapters. */
export function allDistillations(): readonly DistillationRecipe[] {
  return [
    ...MINI_DISTILLATIONS,
    ...SWEEP_DISTILLATIONS,
    ...PAPER_DISTILLATIONS,
  ];
}

/** All sets of trajectories that can be made by themselves. */
export function allTrajectories(): readonly TrajectoryRecipe[] {
  return MINI_TRAJECTORIES;
}

/** The recipe of an adapter; `undefined` where none has the name. */
export function findDistillation(
  name: string,
): DistillationRecipe | undefined {
  return allDistillations().find((recipe) => recipe.name === name);
}

/** Trajectories by name; `undefined` where none have it. */
export function findTrajectories(name: string): TrajectoryRecipe | undefined {
  return allTrajectories().find((recipe) => recipe.name === name);
}
