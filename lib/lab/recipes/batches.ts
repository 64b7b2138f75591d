/**
 * The batches of a stage: functions of the step alone.
 *
 * @module
 */
import type { Example } from "../../training/canvas.ts";
import { causal } from "../../training/causal.ts";
import { d2f } from "../../training/d2f.ts";
import { stepDraws, type StepKey } from "../../training/draws.ts";
import { splitBatch } from "../../training/join_batches.ts";
import { leftToRight } from "../../training/left_to_right.ts";
import { maskedDiffusion } from "../../training/masked_diffusion.ts";
import type { TrainingBatch } from "../../training/types.ts";
import type { Recipe, Stage } from "./types.ts";
import type { RecipeWorld } from "./world.ts";

/** Problems of one seed; a stage uses fewer. */
const PROBLEMS_PER_SEED = 1_000_000;

/** Problems of each task in an evaluation. */
const DEV_PROBLEMS = 32;

/**
 * Micro-batches of a step.
 *
 * @param step From 1.
 * @returns Their losses sum to the step's.
 */
export function stageBatches(
  recipe: Recipe,
  { stage, world, step }: {
    readonly stage: Stage;
    readonly world: RecipeWorld;
    readonly step: number;
  },
): TrainingBatch[] {
  const key = { seed: stage.seed, step };
  const draws = stepDraws(key);
  const first = stage.seed * PROBLEMS_PER_SEED + (step - 1) * stage.problems;
  const examples = Array.from({ length: stage.problems }, (_, sample) => {
    const task = taskAt(stage.mix, draws("task", { sample }));
    return world.tasks.get(task)!.example("train", first + sample);
  });
  const batch = objectiveBatch(recipe, examples, { key, stage, world });
  return splitBatch(batch, { positions: stage.positions });
}

/** Micro-batches of fixed problems of a task's development split, under noise that is the same at every evaluation. */
export function devBatches(
  recipe: Recipe,
  { task, stage, world }: {
    readonly task: string;
    readonly stage: Stage;
    readonly world: RecipeWorld;
  },
): TrainingBatch[] {
  const examples = Array.from(
    { length: DEV_PROBLEMS },
    (_, index) => world.tasks.get(task)!.example("dev", index),
  );
  const batch = objectiveBatch(recipe, examples, {
    key: { seed: 0, step: 0 },
    stage,
    world,
  });
  return splitBatch(batch, { positions: stage.positions });
}

function objectiveBatch(
  recipe: Recipe,
  examples: readonly Example[],
  { key, stage, world }: {
    readonly key: StepKey;
    readonly stage: Stage;
    readonly world: RecipeWorld;
  },
): TrainingBatch {
  const model = {
    maskId: world.ids.mask!,
    eosId: world.ids.eos!,
    shift: recipe.family !== "llada",
  };
  const context = { ...key, model };
  const objective = stage.objective ?? recipe.objective;
  switch (objective.kind) {
    case "causal":
      return causal(examples, context, objective.options);
    case "left-to-right":
      return leftToRight(examples, context, objective.options);
    case "masked-diffusion":
      return maskedDiffusion(examples, context, objective.options);
    case "d2f":
      return d2f(examples, context, objective.options);
  }
}

/** The task at a place of [0, 1), where each has its share. */
export function taskAt(mix: Stage["mix"], place: number): string {
  const names = Object.keys(mix).sort();
  let end = 0;
  return names.find((name) => place < (end += mix[name]!)) ?? names.at(-1)!;
}
