/**
 * The recipes by name.
 *
 * @module
 */
import { UnknownRecipeError } from "./errors.ts";
import { MINI_RECIPES } from "./mini.ts";
import type { Recipe } from "./types.ts";

/** All recipes; a base comes before what begins with it. */
export function allRecipes(): readonly Recipe[] {
  return MINI_RECIPES;
}

/** The recipe of a name. Throws an {@linkcode UnknownRecipeError} that lists the known ones. */
export function findRecipe(name: string): Recipe {
  const found = allRecipes().find((recipe) => recipe.name === name);
  if (found) return found;
  throw new UnknownRecipeError(name, allRecipes().map(({ name }) => name));
}
