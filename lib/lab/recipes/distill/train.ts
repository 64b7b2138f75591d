/**
 * Distils: trajectories, training, choice of an adapter; from wherever it was left.
 *
 * @module
 */
import { join } from "node:path";
import type { Device } from "../../../engine/mod.ts";
import { loadCheckpoint } from "../../../model/checkpoint.ts";
import { mergeFactors } from "../../../model/lora.ts";
import { NativeModel } from "../../../model/native_model.ts";
import type { TensorSource } from "../../../model/tensor_source.ts";
import {
  adapterFactors,
  type AdapterTensors,
  loraOptions,
} from "../../../training/adapter_files.ts";
import { readCurve } from "../../../training/curve.ts";
import { curvePath, runStage } from "../../../training/loop.ts";
import { lockState } from "../../../training/state_lock.ts";
import { createTrainer } from "../../../training/trainer.ts";
import {
  trajectoriesDigest,
  type TrajectorySet,
} from "../../../training/trajectories.ts";
import type { Trainer } from "../../../training/types.ts";
import type { Progress } from "../../progress.ts";
import type { TrainRequest } from "../request.ts";
import { stageProgress } from "../stage_progress.ts";
import { clearState } from "../state.ts";
import { devPoints } from "./dev.ts";
import { PromptsError } from "./errors.ts";
import { estimateText } from "./plan.ts";
import { selectAdapter } from "./selection.ts";
import {
  distillIdentity,
  type DistillSetup,
  distillSteps,
  setUpDistillation,
} from "./setup.ts";
import { shipAdapter } from "./ship.ts";
import {
  basePoints,
  curvePoints,
  devRecord,
  readSnapshot,
  type StatePlace,
  writeSnapshot,
} from "./snapshots.ts";
import { makeTrajectories, trajectoriesMade } from "./trajectories.ts";
import type { DistillationRecipe } from "./types.ts";
import { distillWork, fittingTrajectories } from "./work.ts";
import type { DistillWorld } from "./world.ts";

/** What distillation works with. */
export interface DistillTools {
  readonly device: Device;
  readonly world: DistillWorld;
  /** Folder of a model by its name. */
  readonly folderOf: (model: string) => string;
  /** Folder of the shipped adapters. */
  readonly models: string;
  /** Folder of all training state. */
  readonly states: string;
  readonly progress: Progress;
  readonly print: (text: string) => void;
  readonly warn: (text: string) => void;
  readonly signal?: AbortSignal;
  /** Least seconds between two checkpoints. */
  readonly checkpointSeconds?: number;
}

/** Folder of all trajectories. */
export function trajectoriesFolder(states: string): string {
  return join(states, "trajectories");
}

/** A training with all that it needs. */
interface Run extends StatePlace {
  readonly setup: DistillSetup;
  readonly set: TrajectorySet;
  readonly tools: DistillTools;
}

/**
 * Trains a recipe and writes its adapter. Stopped by the signal, it writes none and keeps its state.
 *
 * @returns Folder of the adapter; `null` after a dry run or when it was stopped.
 * @throws {MissingBaseError} When base or teacher are not there.
 * @throws {PromptsError} When there is nothing to learn from.
 * @throws {StateLockedError} When another process trains the same recipe.
 * @throws Whatever `runStage` throws.
 */
export async function trainDistillation(
  recipe: DistillationRecipe,
  request: TrainRequest,
  tools: DistillTools,
): Promise<string | null> {
  const setup = await setUpDistillation(recipe, tools);
  using _base = setup.base;
  tools.print(await planText(setup, tools));
  if (request.dryRun) return null;
  const state = join(tools.states, recipe.name);
  using _lock = await lockState(state);
  if (request.mode === "fresh") await clearState(state);
  const set = await trajectoriesOf(setup, tools);
  if (set === null) return null;
  const trajectories = trajectoriesDigest(set);
  const identity = distillIdentity(setup, trajectories);
  const run: Run = { setup, set, tools, folder: state, identity };
  const ended = await train(run, request);
  if (ended === null) {
    tools.print("Stopped; run the same command again to go on\n");
    return null;
  }
  const { step, wanted } = ended;
  const complete = step === wanted;
  const { selection, points } = complete
    ? await choose(run)
    : { selection: null, points: [] };
  const kept = selection?.step ?? step;
  const tensors = selection === null
    ? ended.tensors
    : await readSnapshot(run, kept);
  const folder = request.out ??
    (complete && request.steps === null
      ? join(tools.models, recipe.name)
      : join(state, "model"));
  await shipAdapter(folder, setup, {
    ...{ tensors, kept, state, set, trajectories, selection, points },
    ...{ steps: step, wanted },
  });
  tools.print(
    `${recipe.name}: the adapter of step ${kept}, of ${step} trained and ${wanted} planned: ${folder}\n`,
  );
  return folder;
}

/** What it will take, from sizes alone; prompts are measured on the first ones. */
export async function planText(
  { recipe, config, trained, base, source }: DistillSetup,
  { world, states }: Pick<DistillTools, "world" | "states">,
): Promise<string> {
  const tasks = Object.keys(recipe.trajectories.mix).map((name) =>
    world.tasks.get(name)!
  );
  const { first, problems } = recipe.trajectories;
  const lengths = tasks.flatMap((task) =>
    Array.from(
      { length: Math.min(8, problems, task.available - first) },
      (_, i) => task.prompt("train", first + i).length,
    )
  );
  return estimateText(recipe, {
    ...{ config, trained },
    promptLength: Math.ceil(
      lengths.reduce((a, b) => a + b, 0) / Math.max(1, lengths.length),
    ),
    canvas: Math.max(...tasks.map(({ maxNewTokens }) => maxNewTokens)),
    steps: distillSteps(recipe, recipe.trajectories.problems),
    bytes: recipe.precision === "bf16" ? 2 : 4,
  }, {
    folder: base.directory,
    made: await trajectoriesMade(trajectoriesFolder(states), source),
  });
}

/** The trajectories; `null` when their making was stopped. */
async function trajectoriesOf(
  { recipe, source, teacher }: Pick<
    DistillSetup,
    "recipe" | "source" | "teacher"
  >,
  tools: DistillTools,
): Promise<TrajectorySet | null> {
  let open: NativeModel | null = null;
  const { device, states } = tools;
  try {
    return await makeTrajectories(source, async () => {
      if (open !== null) return open;
      using checkpoint = await loadCheckpoint(teacher);
      const dtype = recipe.precision;
      return open = await NativeModel.create(checkpoint, { device, dtype });
    }, { ...tools, folder: trajectoriesFolder(states) });
  } catch (error) {
    if (!tools.signal?.aborted) throw error;
    tools.print("Stopped; run the same command again to go on\n");
    return null;
  } finally {
    (open as NativeModel | null)?.close();
  }
}

/** Trains to the end or as far as asked; `null` when stopped. */
async function train(
  run: Run,
  request: TrainRequest,
): Promise<
  | {
    readonly step: number;
    readonly wanted: number;
    readonly tensors: AdapterTensors;
  }
  | null
> {
  const { setup, set, tools, folder, identity } = run;
  const { recipe, base, config, adapter } = setup;
  const trajectories = fittingTrajectories(set.trajectories, recipe.objective);
  if (trajectories.length === 0) {
    throw new PromptsError(
      `none of ${set.trajectories.length} answers fits the canvas ${
        JSON.stringify(recipe.objective.canvas?.length)
      } with its prompt; give shorter prompts`,
    );
  }
  const work = distillWork(recipe, { identity, config, trajectories });
  const wanted = work.steps;
  const until = Math.min(request.steps ?? wanted, wanted);
  const { selection } = recipe;
  if (selection !== null) {
    await basePoints(run, () => measure(run, { step: 0, source: base }));
  }
  const progress = stageProgress(tools.progress, {
    recipe: { name: recipe.name, stages: [recipe] },
    stage: 0,
  });
  using trainer = await createTrainer(tools.device, {
    source: base,
    trainable: { ...loraOptions(adapter), seed: recipe.adapter.seed },
    precision: recipe.precision,
    padding: null,
    decay: { rate: recipe.optimiser.decay },
  });
  const { signal, checkpointSeconds, warn } = tools;
  const { step } = await runStage(trainer, work, {
    ...{ folder, until, warn, onStep: progress.onStep },
    ...(selection === null ? {} : {
      evaluate: {
        every: selection.every,
        run: (trainer) => look(run, trainer),
      },
    }),
    ...(signal ? { signal } : {}),
    ...(checkpointSeconds === undefined ? {} : { checkpointSeconds }),
  });
  progress.finish();
  return step < until ? null : { step, wanted, tensors: trainer.parameters() };
}

/** Keeps the adapter as it is now and measures it. */
async function look(
  run: Run,
  trainer: Trainer,
): Promise<Record<string, number>> {
  const { step } = trainer.saveState();
  const { setup: { base, config, adapter: settings } } = run;
  const tensors = trainer.parameters();
  await writeSnapshot(run, step, tensors);
  const factors = adapterFactors(tensors, { config, settings });
  const source = mergeFactors(base, factors, `step ${step}`);
  return devRecord(await measure(run, { step, source }));
}

async function measure(
  { setup: { recipe }, tools }: Run,
  { step, source }: { readonly step: number; readonly source: TensorSource },
) {
  const { device, world } = tools;
  const dtype = recipe.precision;
  using model = await NativeModel.create(source, { device, dtype });
  return await devPoints(model, recipe.selection!, { world, step });
}

async function choose(run: Run) {
  const { selection: wanted } = run.setup.recipe;
  if (wanted === null) return { selection: null, points: [] };
  const base = await basePoints(run, () => Promise.resolve([]));
  const curve = await readCurve(curvePath(run.folder, 1));
  const points = [...base, ...curvePoints(curve, wanted.thresholds)];
  return { selection: selectAdapter(points, wanted), points };
}
