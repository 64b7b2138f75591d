/**
 * Trains a recipe: stage after stage, from wherever it was left.
 *
 * @module
 */
import { join } from "node:path";
import { lockState } from "../../training/state_lock.ts";
import type { TrainRequest, TrainTools } from "./request.ts";
import { setUpRecipe } from "./setup.ts";
import { type Reached, shipModel } from "./shipped.ts";
import { stepsBefore, trainStage } from "./stage_run.ts";
import { clearState, stagesDone } from "./state.ts";
import type { Recipe } from "./types.ts";

/**
 * Trains a recipe and writes its model. Stopped by the signal, it writes none and keeps its state.
 *
 * @returns Folder of the model; `null` after a dry run or when it was stopped.
 * @throws {MissingBaseError} When the base is not there.
 * @throws {NothingToResumeError} When there is no state to resume.
 * @throws {StateLockedError} When another process trains the same recipe.
 * @throws Whatever `runStage` throws.
 */
export async function trainRecipe(
  recipe: Recipe,
  request: TrainRequest,
  tools: TrainTools,
): Promise<string | null> {
  const setup = await setUpRecipe(recipe, tools);
  const state = join(tools.states, recipe.name);
  using _lock = await lockState(state);
  if (request.mode === "fresh" && !request.dryRun) await clearState(state);
  let { stages, weights } = await stagesDone(setup, { state, request, tools });
  const total = stepsBefore(recipe, recipe.stages.length);
  const until = Math.min(request.steps ?? total, total);
  let steps = 0;
  for (let planned = false; stages < recipe.stages.length; planned = true) {
    const limit = until - stepsBefore(recipe, stages);
    if (planned && limit <= 0) break;
    const run = { setup, state, stages, weights, limit, until, tools };
    const ended = await trainStage(run, { request, planned });
    if (ended === null) return null;
    weights = ended.weights;
    steps = ended.finished ? 0 : ended.step;
    if (!ended.finished) break;
    stages++;
  }
  const complete = stages === recipe.stages.length;
  if (complete && request.dryRun) {
    tools.print(`${recipe.name} is complete: ${total} steps\n`);
    return null;
  }
  const folder = request.out ??
    (complete && request.steps === null
      ? join(tools.models, recipe.name)
      : join(state, "model"));
  const reached: Reached = { stages, steps };
  await shipModel(folder, setup, { weights, reached, state });
  tools.print(
    `${recipe.name} at step ${
      stepsBefore(recipe, stages) + steps
    } of ${total}: ${folder}\n`,
  );
  return folder;
}
