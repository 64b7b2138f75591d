/**
 * The steps of a distillation as a stage of training.
 *
 * @module
 */
import {
  certaintyForcing,
  type CertaintyForcingOptions,
} from "../../../training/certainty_forcing.ts";
import type { StageIdentity } from "../../../training/checkpoint.ts";
import { stepDraws } from "../../../training/draws.ts";
import { splitBatch } from "../../../training/join_batches.ts";
import type { StageWork } from "../../../training/loop.ts";
import { learningRate } from "../../../training/schedule.ts";
import {
  epochOrder,
  stepExamples,
  type Trajectory,
} from "../../../training/trajectories.ts";
import { distillSteps } from "./setup.ts";
import type { DistillationRecipe } from "./types.ts";
import type { ModelConfig } from "../../../model/config.ts";

/** Trajectories that fit the canvas of an objective; longer ones are left out, where the reference cuts them. */
export function fittingTrajectories(
  trajectories: readonly Trajectory[],
  { canvas }: CertaintyForcingOptions,
): readonly Trajectory[] {
  const length = canvas?.length;
  if (length?.kind !== "total" && length?.kind !== "region") {
    return trajectories;
  }
  const { kind, positions } = length;
  return trajectories.filter(({ prompt, answer }) =>
    answer.length + (kind === "total" ? prompt.length : 0) <= positions
  );
}

/** Steps, rates and batches of a recipe over its trajectories. */
export function distillWork(
  recipe: DistillationRecipe,
  { identity, config, trajectories }: {
    readonly identity: StageIdentity;
    readonly config: Pick<ModelConfig, "family" | "ids">;
    readonly trajectories: readonly Trajectory[];
  },
): StageWork {
  const { seed, problems, positions, objective, optimiser } = recipe;
  const { beta1, beta2, epsilon, clip } = optimiser;
  const steps = distillSteps(recipe, trajectories.length);
  const { warmupShare, ...rate } = recipe.rate;
  const schedule = { ...rate, steps, warmup: Math.round(warmupShare * steps) };
  const model = {
    maskId: config.ids.mask!,
    eosId: config.ids.eos!,
    shift: config.family !== "llada",
  };
  const orders = new Map<number, Int32Array>();
  const order = (epoch: number) => {
    const known = orders.get(epoch);
    if (known !== undefined) return known;
    const draws = stepDraws({ seed, step: epoch });
    const made = epochOrder(
      trajectories.length,
      (index) => draws("order", { index }),
    );
    orders.set(epoch, made);
    return made;
  };
  return {
    ...{ identity, steps },
    rates: (step) => ({
      learningRate: learningRate(schedule, step),
      ...{ beta1, beta2, epsilon, clip },
    }),
    batches: (step) => {
      const examples = stepExamples(trajectories, { step, problems, order });
      const batch = certaintyForcing(
        examples,
        { seed, step, model },
        objective,
      );
      return splitBatch(batch, { positions });
    },
  };
}
