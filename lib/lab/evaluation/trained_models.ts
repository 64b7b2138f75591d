/**
 * The models that this library trains itself, as they lie in `data/models`.
 *
 * @module
 */
import { fileURLToPath } from "node:url";
import { findRecipe } from "../recipes/registry.ts";

/** Their names, the causal twin first. */
export const TRAINED_MODELS = [
  "ar-mini",
  "dream-mini",
  "llada-mini",
  "d2f-dream-mini",
  "d2f-llada-mini",
] as const;

/** A trained model. */
export type TrainedModel = (typeof TRAINED_MODELS)[number];

/** Other bases of the same families, for the distillation study alone. */
export const OTHER_BASES = ["llada-mini-2"] as const;

/** A model without adapter. */
export type PlainModel = TrainedModel | (typeof OTHER_BASES)[number];

/** Where they lie. */
export const MODELS_FOLDER: string = fileURLToPath(
  new URL("../../../data/models", import.meta.url),
);

/** How far a model has come: stages done and wanted; `null` for one that was not made by its recipe. */
export interface TrainingProgress {
  readonly stages: number;
  readonly wanted: number;
  /** Steps of the stage after them. */
  readonly steps: number;
}

/** Reads how far the model of a folder has come, from its `training.json`. Needs read permission. */
export async function trainingProgress(
  folder: string,
  name: PlainModel,
): Promise<TrainingProgress | null> {
  const text = await textOf(`${folder}/${name}/training.json`);
  if (text === null) return null;
  const { stages, steps } = JSON.parse(text) as {
    readonly stages: readonly string[];
    readonly steps: number;
  };
  const wanted = findRecipe(name).stages.length;
  return { stages: stages.length, wanted, steps };
}

/** Names of the trained models that are there and trained to the end of their recipe. Needs read permission. */
export function presentModels(
  folder: string = MODELS_FOLDER,
): Promise<TrainedModel[]> {
  return presentAmong(TRAINED_MODELS, folder);
}

/** Those of some models that are there and trained to the end of their recipe. Needs read permission. */
export async function presentAmong<Name extends PlainModel>(
  names: readonly Name[],
  folder: string = MODELS_FOLDER,
): Promise<Name[]> {
  const found: Name[] = [];
  for (const name of names) {
    if (await textOf(`${folder}/${name}/config.json`) === null) continue;
    const progress = await trainingProgress(folder, name);
    if (progress === null || progress.stages >= progress.wanted) {
      found.push(name);
    }
  }
  return found;
}

async function textOf(path: string): Promise<string | null> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}
