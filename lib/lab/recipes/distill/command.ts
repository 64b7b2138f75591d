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
import { loraOptions } from "../../../training/adapter_files.ts";
import { planAdapters } from "../../../training/adapters.ts";
import { elements } from "../../../training/parameter_groups.ts";
import { trajectoriesDigest } from "../../../training/trajectories.ts";
import { evaluationTasks } from "../../evaluation/tasks.ts";
import type { Progress } from "../../progress.ts";
import type { TrainRequest } from "../request.ts";
import { PAPER_CANVAS, PROMPTS_TASK } from "./paper.ts";
import { estimateText } from "./plan.ts";
import { promptsWorld } from "./prompts.ts";
import {
  adapterSettings,
  distillSteps,
  openModelFolder,
  setUpTrajectories,
} from "./setup.ts";
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

/** What a recipe of the paper's size is given. */
export interface PaperScaleRequest extends TrainRequest {
  /** Folder of the model, teacher and base in one. */
  readonly model: string | null;
  /** File of prompts; may be left out with `dryRun`. */
  readonly prompts: string | null;
}

/**
 * Trains a recipe of the paper's size. What it will take is said before weights are read.
 *
 * @throws {TypeError} When model or prompts are not named.
 */
export async function paperScaleCommand(
  recipe: DistillationRecipe,
  request: PaperScaleRequest,
  tools: Omit<DistillCommandTools, "signal"> & {
    readonly signal?: AbortSignal;
  },
): Promise<string | null> {
  const { model, prompts, dryRun } = request;
  if (model === null) {
    throw new TypeError(
      `${recipe.name} needs a model: name the folder of ${recipe.base} with --model DIR`,
    );
  }
  const folderOf = () => model;
  if (prompts === null) {
    tools.print(await sizesAlone(recipe, model));
    if (dryRun) return null;
    throw new TypeError(
      `${recipe.name} needs prompts: name a file with --prompts FILE, one {"prompt": ..., "answer": ...} per line, ` +
        "prompts with the model's chat template",
    );
  }
  const text = await Deno.readTextFile(prompts);
  const tokenizer = await loadTokenizer(model);
  const world = promptsWorld(text, { path: prompts, tokenizer });
  const problems = world.tasks.get(PROMPTS_TASK)!.available;
  const whole = {
    ...recipe,
    trajectories: { ...recipe.trajectories, problems },
    selection: recipe.selection === null ? null : {
      ...recipe.selection,
      problems: Math.min(world.dev, recipe.selection.problems),
    },
  };
  return await trainDistillation(whole, request, { ...tools, world, folderOf });
}

/** The estimate for as many prompts as the paper had, of 128 positions. */
async function sizesAlone(
  recipe: DistillationRecipe,
  model: string,
): Promise<string> {
  using base = await openModelFolder(recipe.name, {
    ...{ name: recipe.base, folder: model },
  });
  const { config } = base;
  const { groups } = planAdapters(
    config,
    loraOptions(adapterSettings(recipe, config)),
  );
  return estimateText(recipe, {
    ...{ config, promptLength: 128, canvas: PAPER_CANVAS, bytes: 2 },
    trained: groups.flat().reduce((sum, { shape }) => sum + elements(shape), 0),
    steps: distillSteps(recipe, recipe.trajectories.problems),
  }, { folder: model });
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
