/**
 * The models trained here as rows of a table: what they are, and which of them are there.
 *
 * @module
 */
import type { FigureRow } from "../../figures/types.ts";
import { loadCheckpoint } from "../../model/checkpoint.ts";
import { parameterCount } from "../recipes/card.ts";
import { findRecipe } from "../recipes/registry.ts";
import {
  MODELS_FOLDER,
  presentModels,
  TRAINED_MODELS,
  type TrainingProgress,
  trainingProgress,
} from "./trained_models.ts";

/** How far a model has been trained, in words. */
function trainedWords(progress: TrainingProgress | null): string {
  if (progress === null) return "not by its recipe";
  const { stages, wanted, steps } = progress;
  return `${stages} of ${wanted} stages${
    steps > 0 ? ` and ${steps} steps` : ""
  }`;
}

/**
 * One row per model: what it is, how far it is trained, shape and digest; of one that is not there, how to make it. Needs read
 * permission for the folder.
 *
 * @param folder Where the models lie; default `data/models` of the project.
 */
export async function trainedModelRows(
  folder: string = MODELS_FOLDER,
): Promise<FigureRow[]> {
  const present = await presentModels(folder);
  return await Promise.all(TRAINED_MODELS.map(async (model) => {
    const what = findRecipe(model).makes;
    const progress = await trainingProgress(folder, model);
    const complete = present.includes(model);
    const state = complete || progress !== null
      ? trainedWords(progress)
      : "missing";
    const trained = complete ? state : `${state}: deno task train ${model}`;
    if (!complete && progress === null) {
      return {
        ...{ model, what, trained },
        ...{ shape: null, "million weights": null, digest: null },
      };
    }
    const directory = `${folder}/${model}`;
    using checkpoint = await loadCheckpoint(directory);
    const { config, digest } = checkpoint;
    return {
      ...{ model, what, trained },
      shape: `${config.layers} layers, ${config.hiddenSize} wide`,
      "million weights": Number((parameterCount(config) / 1e6).toFixed(2)),
      digest: digest.slice(0, 12),
    };
  }));
}
