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
  type TrainedModel,
} from "./trained_models.ts";

/** What a model's folder says about its training, `training.json`. */
interface Trained {
  readonly stages: readonly string[];
  readonly steps: number;
}

/** How far a model has been trained, in words. */
async function trainedWords(
  directory: string,
  model: TrainedModel,
): Promise<string> {
  let text: string;
  try {
    text = await Deno.readTextFile(`${directory}/training.json`);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "not by its recipe";
    throw error;
  }
  const { stages, steps } = JSON.parse(text) as Trained;
  const wanted = findRecipe(model).stages.length;
  const more = steps > 0 ? ` and ${steps} steps` : "";
  return `${stages.length} of ${wanted} stages${more}`;
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
    if (!present.includes(model)) {
      const trained = `missing: deno task train ${model}`;
      return {
        ...{ model, what, trained },
        ...{ shape: null, "million weights": null, digest: null },
      };
    }
    const directory = `${folder}/${model}`;
    using checkpoint = await loadCheckpoint(directory);
    const { config, digest } = checkpoint;
    return {
      ...{ model, what, trained: await trainedWords(directory, model) },
      shape: `${config.layers} layers, ${config.hiddenSize} wide`,
      "million weights": Number((parameterCount(config) / 1e6).toFixed(2)),
      digest: digest.slice(0, 12),
    };
  }));
}
