/**
 * One stage of a recipe.
 *
 * @module
 */
import { CheckpointStore } from "../../training/checkpoint_store.ts";
import { runStage, type StageWork } from "../../training/loop.ts";
import { memorySource } from "../../training/memory_source.ts";
import { learningRate } from "../../training/schedule.ts";
import {
  readStageWeights,
  writeStageWeights,
} from "../../training/stage_weights.ts";
import type { Trainer } from "../../training/types.ts";
import { devBatches, stageBatches } from "./batches.ts";
import { measureStep, planText } from "./plan.ts";
import type { TrainRequest, TrainTools } from "./request.ts";
import type { RecipeSetup, Weights } from "./setup.ts";
import { stageProgress } from "./stage_progress.ts";
import type { Recipe } from "./types.ts";

/** Steps between two evaluations on the development split. */
const DEV_EVERY = 100;

/** Steps of the first `stages` stages. */
export function stepsBefore({ stages: all }: Recipe, stages: number): number {
  return all.slice(0, stages).reduce((sum, { steps }) => sum + steps, 0);
}

/** A stage that is to be run. */
export interface StageRun {
  readonly setup: RecipeSetup;
  readonly state: string;
  /** Stages before it. */
  readonly stages: number;
  /** Weights that it begins with. */
  readonly weights: Weights;
  /** Last step of the stage in this run; may be beyond its end, or below 1. */
  readonly limit: number;
  /** The same over all stages. */
  readonly until: number;
  readonly tools: TrainTools;
}

/** Trains one stage; `null` when it was only planned, or stopped. */
export async function trainStage(
  { setup, state, stages, weights, limit, until, tools }: StageRun,
  { request, planned }: { request: TrainRequest; planned: boolean },
): Promise<
  | {
    readonly weights: Weights;
    readonly step: number;
    readonly finished: boolean;
  }
  | null
> {
  const { recipe, config, teacher } = setup;
  const identity = setup.identities[stages]!;
  const source = memorySource(weights, { config, digest: identity.digest });
  const trainer = await tools.makeTrainer({ source, teacher, recipe });
  try {
    const work = stageWork(setup, stages);
    if (!planned) {
      const cost = await measureStep(trainer, work, setup);
      const store = new CheckpointStore(state, tools.warn);
      const from = stepsBefore(recipe, stages) +
        (request.mode === "fresh" ? 0 : await store.newestStep(stages + 1));
      const { threads } = tools;
      tools.print(planText(setup, { cost, from, until, threads }));
    }
    if (request.dryRun) return null;
    const progress = stageProgress(tools.progress, { recipe, stage: stages });
    const outcome = await runStage(trainer, work, {
      folder: state,
      until: Math.max(0, limit),
      evaluate: {
        every: DEV_EVERY,
        run: (trainer) => evaluate(trainer, setup, stages),
      },
      onStep: progress.onStep,
      warn: tools.warn,
      ...(tools.signal ? { signal: tools.signal } : {}),
      ...(tools.checkpointSeconds === undefined
        ? {}
        : { checkpointSeconds: tools.checkpointSeconds }),
    });
    progress.finish();
    const { step, finished } = outcome;
    if (!finished && step < limit) {
      tools.print(
        `Stopped after step ${step} of stage ${
          stages + 1
        }; run the same command again to go on\n`,
      );
      return null;
    }
    const learnt = recipe.average === null
      ? trainer.parameters()
      : trainer.averaged();
    if (!finished) return { weights: learnt, step, finished };
    const place = { folder: state, identity, config };
    await writeStageWeights(place, learnt);
    return { weights: (await readStageWeights(place))!, step, finished };
  } finally {
    trainer.close();
  }
}

function stageWork(setup: RecipeSetup, index: number): StageWork {
  const { recipe, world, identities } = setup;
  const stage = recipe.stages[index]!;
  const { steps } = stage;
  const { beta1, beta2, epsilon, clip } = recipe.optimiser;
  return {
    identity: identities[index]!,
    steps,
    rates: (step) => ({
      learningRate: learningRate({ ...stage.rate, steps }, step),
      beta1,
      beta2,
      epsilon,
      clip,
    }),
    batches: (step) => stageBatches(recipe, { stage, world, step }),
  };
}

/** Losses on the development split, by task. */
async function evaluate(
  trainer: Trainer,
  { recipe, world }: RecipeSetup,
  index: number,
): Promise<Record<string, number>> {
  const stage = recipe.stages[index]!;
  const losses: Record<string, number> = {};
  for (const task of Object.keys(stage.mix).sort()) {
    let loss = 0;
    for (const batch of devBatches(recipe, { task, stage, world })) {
      loss += (await trainer.evaluate(batch)).loss;
    }
    losses[task] = loss;
  }
  return losses;
}
