/**
 * Distillation as `deno task train` runs it.
 *
 * @module
 */
import { join } from "node:path";
import type { Device } from "../../../engine/mod.ts";
import { loadCheckpoint } from "../../../model/checkpoint.ts";
import { NativeModel } from "../../../model/native_model.ts";
import { loadTokenizer } from "../../../model/tokenizer.ts";
import { trajectoriesDigest } from "../../../training/trajectories.ts";
import { evaluationTasks } from "../../evaluation/tasks.ts";
import type { Progress } from "../../progress.ts";
import type { TrainRequest } from "../request.ts";
import { openModelFolder, setUpTrajectories } from "./setup.ts";
import { trainDistillation, trajectoriesFolder } from "./train.ts";
import { makeTrajectories, trajectoryPath } from "./trajectories.ts";
import type { DistillationRecipe, TrajectoryRecipe } from "./types.ts";
import { type DistillWorld, distillWorld } from "./world.ts";

/** What the command gives. */
export interface DistillCommandTools {
  readonly device: Device;
  /** Folder of the shipped models. */
  readonly models: string;
  /** Folder of all training state. */
  readonly states: string;
  readonly progress: Progress;
  readonly print: (text: string) => void;
  readonly warn: (text: string) => void;
  readonly signal: AbortSignal;
}

/** The kit's tasks in the tokens of a shipped model. */
async function worldOf(
  recipe: string,
  { name, folder }: { readonly name: string; readonly folder: string },
): Promise<DistillWorld> {
  (await openModelFolder(recipe, { name, folder })).close();
  return distillWorld(evaluationTasks(), await loadTokenizer(folder));
}

/** Trains the recipe of an adapter. */
export async function distillCommand(
  recipe: DistillationRecipe,
  request: TrainRequest,
  tools: DistillCommandTools,
): Promise<void> {
  const folderOf = (model: string) => join(tools.models, model);
  const { teacher } = recipe.trajectories;
  const place = { name: teacher, folder: folderOf(teacher) };
  const world = await worldOf(recipe.name, place);
  try {
    await trainDistillation(recipe, request, { ...tools, world, folderOf });
  } finally {
    await world.close();
  }
}

/** Makes the trajectories of a teacher and nothing else. */
export async function trajectoriesCommand(
  recipe: TrajectoryRecipe,
  tools: DistillCommandTools,
): Promise<void> {
  const folderOf = (model: string) => join(tools.models, model);
  const directory = folderOf(recipe.teacher);
  const place = { name: recipe.teacher, folder: directory };
  const world = await worldOf(recipe.name, place);
  const precision = "bf16";
  let open: NativeModel | null = null;
  try {
    const { source } = await setUpTrajectories(recipe, {
      ...{ world, folderOf, precision },
    });
    const folder = trajectoriesFolder(tools.states);
    const set = await makeTrajectories(source, async () => {
      if (open !== null) return open;
      using checkpoint = await loadCheckpoint(directory);
      const { device } = tools;
      const dtype = precision;
      return open = await NativeModel.create(checkpoint, { device, dtype });
    }, { ...tools, world, folder });
    const { wrong, endless } = set.rejected;
    tools.print(
      `${recipe.name}: ${set.trajectories.length} answers of ${recipe.problems} problems (${wrong} wrong, ${endless} without end), SHA-256 ${
        trajectoriesDigest(set)
      }: ${trajectoryPath(folder, source)}\n`,
    );
  } finally {
    (open as NativeModel | null)?.close();
    await world.close();
  }
}
