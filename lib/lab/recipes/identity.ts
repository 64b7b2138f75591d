/**
 * Digests of recipes: a stage's covers all that decides its weights, so that state of anything else is never gone on from.
 *
 * @module
 */
import type { StageIdentity } from "../../training/checkpoint.ts";
import { canonicalJson, sha256 } from "../json.ts";
import type { Recipe } from "./types.ts";
import type { RecipeWorld } from "./world.ts";

/** Raised whenever trainer, objectives or the making of batches give other weights for the same recipe than before. */
const VERSION = 1;

/**
 * Identities of a recipe's stages. Each digest covers the one before it, so that stages may be added at the end without
 * disowning those before; and data, base, shape, objective and optimiser with it.
 *
 * @param base Digest of the base's checkpoint, or `null`.
 */
export function stageIdentities(
  recipe: Recipe,
  { world, base }: {
    readonly world: RecipeWorld;
    readonly base: string | null;
  },
): StageIdentity[] {
  const { stages, makes: _, ...rest } = recipe;
  let digest = sha256(canonicalJson({
    version: VERSION,
    recipe: rest,
    base,
    tokenizer: world.tokenizer,
    tokens: world.size,
  }));
  return stages.map((stage, i) => {
    const data = Object.keys(stage.mix).map((task) => [
      task,
      world.tasks.get(task)!.digest,
    ]);
    digest = sha256(canonicalJson({ before: digest, stage, data }));
    return { recipe: recipe.name, digest, stage: i + 1, seed: stage.seed };
  });
}
