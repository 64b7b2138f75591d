/**
 * What is left of earlier trainings of a recipe.
 *
 * @module
 */
import { join } from "node:path";
import { StateDamagedError } from "../../training/run_errors.ts";
import { readStageWeights } from "../../training/stage_weights.ts";
import { NothingToResumeError } from "./errors.ts";
import type { TrainRequest, TrainTools } from "./request.ts";
import type { RecipeSetup, Weights } from "./setup.ts";
import { adoptShipped } from "./shipped.ts";

/**
 * The newest stage whose weights are kept and whole, and those weights; without any, the recipe's first weights.
 *
 * @throws {NothingToResumeError} When a resume is asked for and there is nothing.
 * @throws {StateMismatchError} When the state is of another recipe.
 */
export async function stagesDone(
  setup: RecipeSetup,
  { state, request, tools }: {
    readonly state: string;
    readonly request: TrainRequest;
    readonly tools: TrainTools;
  },
): Promise<{ stages: number; weights: Weights }> {
  const { recipe, config, identities, first } = setup;
  if (request.mode === "fresh") return { stages: 0, weights: first };
  if (request.mode === "resume" && !await hasState(state)) {
    const shipped = join(tools.models, recipe.name);
    if (await adoptShipped(shipped, setup, state) === 0) {
      throw new NothingToResumeError(recipe.name, [state, shipped]);
    }
  }
  for (const identity of identities.toReversed()) {
    try {
      const place = { folder: state, identity, config };
      const weights = await readStageWeights(place);
      if (weights !== null) return { stages: identity.stage, weights };
    } catch (error) {
      if (!(error instanceof StateDamagedError)) throw error;
      tools.warn(`${error.message}. Making it again from what is whole.`);
    }
  }
  return { stages: 0, weights: first };
}

async function hasState(folder: string): Promise<boolean> {
  for await (const { name } of Deno.readDir(folder)) {
    if (name.endsWith(".safetensors")) return true;
  }
  return false;
}

/** Empties a folder of training state but for its lock. */
export async function clearState(folder: string): Promise<void> {
  for await (const { name } of Deno.readDir(folder)) {
    if (name === "lock") continue;
    await Deno.remove(join(folder, name), { recursive: true });
  }
}
