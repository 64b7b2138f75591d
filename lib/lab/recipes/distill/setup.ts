/**
 * What a distillation begins with: the base, the teacher, the prompts, and what the adapter is to be known by.
 *
 * @module
 */
import { join } from "node:path";
import { type Checkpoint, loadCheckpoint } from "../../../model/checkpoint.ts";
import type { ModelConfig } from "../../../model/config.ts";
import {
  type AdapterSettings,
  loraOptions,
  projectionPattern,
} from "../../../training/adapter_files.ts";
import { planAdapters } from "../../../training/adapters.ts";
import type { StageIdentity } from "../../../training/checkpoint.ts";
import { elements } from "../../../training/parameter_groups.ts";
import type { TrajectorySource } from "../../../training/trajectories.ts";
import { canonicalJson, sha256 } from "../../json.ts";
import { MissingBaseError } from "../errors.ts";
import { trajectorySource } from "./trajectories.ts";
import type { DistillationRecipe, TrajectoryRecipe } from "./types.ts";
import type { DistillWorld } from "./world.ts";

/** Raised whenever objective, order or trainer give other adapters for the same recipe than before. */
const VERSION = 1;

/** A recipe whose base and teacher are at hand. */
export interface DistillSetup {
  readonly recipe: DistillationRecipe;
  /** The model that is adapted, open. */
  readonly base: Checkpoint;
  readonly config: ModelConfig;
  /** Folder of the teacher. */
  readonly teacher: string;
  /** What decides the trajectories. */
  readonly source: TrajectorySource;
  readonly adapter: AdapterSettings;
  /** Trained numbers. */
  readonly trained: number;
}

/**
 * Opens a model's folder.
 *
 * @throws {MissingBaseError} When there is none.
 */
export async function openModelFolder(
  recipe: string,
  { name, folder }: { readonly name: string; readonly folder: string },
): Promise<Checkpoint> {
  try {
    await Deno.stat(join(folder, "config.json"));
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new MissingBaseError(recipe, name, folder);
  }
  return await loadCheckpoint(folder);
}

/** Opens the teacher of a recipe for trajectories and says what decides them. The checkpoint is closed again. */
export async function setUpTrajectories(
  recipe: TrajectoryRecipe,
  { world, folderOf, precision }: {
    readonly world: DistillWorld;
    readonly folderOf: (model: string) => string;
    readonly precision: "f32" | "bf16";
  },
): Promise<
  { readonly source: TrajectorySource; readonly config: ModelConfig }
> {
  const folder = folderOf(recipe.teacher);
  const { teacher: name } = recipe;
  using checkpoint = await openModelFolder(recipe.name, { name, folder });
  const { digest: model, config } = checkpoint;
  return {
    source: trajectorySource(recipe, { model, precision, world }),
    config,
  };
}

/** Opens what a recipe needs; the caller closes the base. */
export async function setUpDistillation(
  recipe: DistillationRecipe,
  { world, folderOf }: {
    readonly world: DistillWorld;
    readonly folderOf: (model: string) => string;
  },
): Promise<DistillSetup> {
  const { precision, trajectories } = recipe;
  const { source } = await setUpTrajectories(trajectories, {
    ...{ world, folderOf, precision },
  });
  const folder = folderOf(recipe.base);
  const name = recipe.base;
  const base = await openModelFolder(recipe.name, { name, folder });
  try {
    const adapter = adapterSettings(recipe, base.config);
    const { groups } = planAdapters(base.config, loraOptions(adapter));
    return {
      ...{ recipe, base, source, adapter },
      config: base.config,
      teacher: folderOf(trajectories.teacher),
      trained: groups.flat().reduce(
        (sum, { shape }) => sum + elements(shape),
        0,
      ),
    };
  } catch (error) {
    base.close();
    throw error;
  }
}

/** The adapter of a recipe on a network. Module names that the network has not are passed over, as PEFT does. */
export function adapterSettings(
  { adapter: { rank, alpha, targets } }: Pick<DistillationRecipe, "adapter">,
  config: ModelConfig,
): AdapterSettings {
  return targets === "projections"
    ? { rank, alpha, targets: projectionPattern(config) }
    : { rank, alpha, targets, allowUnmatched: targets };
}

/** Optimiser steps of a recipe over so many trajectories. */
export function distillSteps(
  { steps, epochs, problems }: DistillationRecipe,
  trajectories: number,
): number {
  return steps ?? Math.max(1, Math.round(epochs * trajectories / problems));
}

/** What an adapter's training state is known by: all that decides its weights. */
export function distillIdentity(
  { recipe, base, source, adapter }: DistillSetup,
  trajectories: string,
): StageIdentity {
  const { makes: _, trajectories: __, ...rest } = recipe;
  const digest = sha256(canonicalJson({
    ...{ version: VERSION, recipe: rest, base: base.digest },
    ...{ source, adapter, trajectories },
  }));
  return { recipe: recipe.name, digest, stage: 1, seed: recipe.seed };
}
