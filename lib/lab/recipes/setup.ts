/**
 * What a recipe's training begins with: network, first weights, teacher, identities of its stages.
 *
 * @module
 */
import { join } from "node:path";
import { loadCheckpoint } from "../../model/checkpoint.ts";
import type { ModelConfig } from "../../model/config.ts";
import { expectedTensors } from "../../model/tensor_names.ts";
import { readTensor, type TensorSource } from "../../model/tensor_source.ts";
import type { StageIdentity } from "../../training/checkpoint.ts";
import { initialWeights } from "../../training/initial_weights.ts";
import { memorySource } from "../../training/memory_source.ts";
import { MissingBaseError } from "./errors.ts";
import { stageIdentities } from "./identity.ts";
import type { Recipe } from "./types.ts";
import type { RecipeWorld } from "./world.ts";

/** Tensors by name, row-major f32. */
export type Weights = ReadonlyMap<string, Float32Array>;

/** A recipe whose base is at hand. */
export interface RecipeSetup {
  readonly recipe: Recipe;
  readonly world: RecipeWorld;
  /** The network. */
  readonly config: ModelConfig;
  /** Digest of the base's checkpoint, or `null`. */
  readonly baseDigest: string | null;
  /** Identities of the stages. */
  readonly identities: readonly StageIdentity[];
  /** Weights that the first stage begins with. */
  readonly first: Weights;
  /** The frozen teacher of D2F, else `null`. */
  readonly teacher: TensorSource | null;
}

/** The network of a recipe: its shape, with the vocabulary rounded up to a multiple of 16. */
export function recipeConfig(
  { family, shape }: Pick<Recipe, "family" | "shape">,
  { size, ids }: Pick<RecipeWorld, "size" | "ids">,
): ModelConfig {
  return {
    ...shape,
    family,
    headDim: shape.hiddenSize / shape.heads,
    vocabSize: 16 * Math.ceil(size / 16),
    ropeTheta: 10_000,
    normEps: 1e-6,
    qkvBias: family !== "llada",
    ids: { ...ids, mask: family === "qwen2" ? null : ids.mask },
  };
}

/**
 * Reads the base and makes the first weights. Needs read permission for `models`.
 *
 * @param options `models`: folder of the shipped models.
 * @throws {MissingBaseError} When the base's model is not there.
 * @throws {CheckpointError} When the base has other tensors than the recipe's network.
 */
export async function setUpRecipe(
  recipe: Recipe,
  { world, models }: { readonly world: RecipeWorld; readonly models: string },
): Promise<RecipeSetup> {
  const config = recipeConfig(recipe, world);
  const base = recipe.base === null
    ? null
    : await readBase(recipe, { config, folder: join(models, recipe.base) });
  const first = base?.weights ?? initialWeights(config, recipe.seed);
  return {
    recipe,
    world,
    config,
    baseDigest: base?.digest ?? null,
    identities: stageIdentities(recipe, { world, base: base?.digest ?? null }),
    first,
    teacher: recipe.objective.kind === "d2f"
      ? memorySource(first, { config, digest: base?.digest ?? "random" })
      : null,
  };
}

async function readBase(
  recipe: Recipe,
  { config, folder }: {
    readonly config: ModelConfig;
    readonly folder: string;
  },
): Promise<{ readonly weights: Weights; readonly digest: string }> {
  try {
    await Deno.stat(join(folder, "config.json"));
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new MissingBaseError(recipe.name, recipe.base!, folder);
  }
  return { ...await readModel(folder, config) };
}

/** The tensors of a model's folder, for a network of the same names and shapes, and its digest. */
export async function readModel(
  folder: string,
  config: ModelConfig,
): Promise<{ readonly weights: Weights; readonly digest: string }> {
  using checkpoint = await loadCheckpoint(folder);
  const names = [...expectedTensors(checkpoint.config).keys()];
  const weights = new Map(
    names.map((name) => [name, readTensor(checkpoint, name)]),
  );
  const { digest } = checkpoint;
  memorySource(weights, { config, digest });
  return { weights, digest };
}
