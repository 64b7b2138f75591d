/**
 * The models that this library trains itself, as they lie in `data/models`.
 *
 * @module
 */
import { fileURLToPath } from "node:url";
import { loadCheckpoint } from "../../model/checkpoint.ts";
import { loadTokenizer } from "../../model/tokenizer.ts";
import type { ModelFamily } from "../../model/types.ts";
import { findRecipe } from "../recipes/registry.ts";
import { type EvaluatedModel, openLanes } from "./lanes.ts";

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

/** What is known of a model without loading its weights. */
export interface TrainedModelFacts {
  /** Architecture. */
  readonly family: ModelFamily;
  /** Digest of its files. */
  readonly digest: string;
  /** Digest of its tokenizer. */
  readonly tokenizer: string;
}

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

/** The trained models of one run, each opened at most once. */
export class TrainedModels {
  readonly #open = new Map<TrainedModel, Promise<EvaluatedModel>>();
  readonly #folder: string;
  readonly #load: (directory: string) => Promise<EvaluatedModel>;

  /** `folder`: where they lie; `load`: opens one, by default on the native engine in bf16. */
  constructor(
    options: {
      readonly folder?: string;
      readonly load?: (directory: string) => Promise<EvaluatedModel>;
    } = {},
  ) {
    this.#folder = options.folder ?? MODELS_FOLDER;
    this.#load = options.load ?? ((directory) => openLanes(directory));
  }

  /** Names of the models that are there and trained to the end. */
  present(): Promise<TrainedModel[]> {
    return presentModels(this.#folder);
  }

  /** Family and digests of a model. */
  async facts(name: TrainedModel): Promise<TrainedModelFacts> {
    const directory = this.#directory(name);
    using checkpoint = await loadCheckpoint(directory);
    const { digest, config: { family } } = checkpoint;
    const tokenizer = (await loadTokenizer(directory)).digest;
    return { digest, family, tokenizer };
  }

  /** Opens a model; the one before is freed first. Rejects with what the loader throws. */
  async open(name: TrainedModel): Promise<EvaluatedModel> {
    if (!this.#open.has(name)) {
      await this.close();
      this.#open.set(name, this.#load(this.#directory(name)));
    }
    return await this.#open.get(name)!;
  }

  /** Frees the open model. */
  async close(): Promise<void> {
    const open = await Promise.allSettled(this.#open.values());
    this.#open.clear();
    for (const entry of open) {
      if (entry.status === "fulfilled") await entry.value.close();
    }
  }

  #directory(name: TrainedModel): string {
    return `${this.#folder}/${name}`;
  }
}
