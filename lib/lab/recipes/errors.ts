/**
 * The errors of `deno task train`.
 *
 * @module
 */

/** No recipe has this name. */
export class UnknownRecipeError extends RangeError {
  /** The name given. */
  readonly given: string;

  /** Builds the error; `given`: the name; `known`: names that would do. */
  constructor(given: string, known: readonly string[]) {
    super(
      `There is no recipe "${given}"; the recipes are ${known.join(", ")}`,
    );
    this.name = "UnknownRecipeError";
    this.given = given;
  }
}

/** The model that a recipe begins with is not there. */
export class MissingBaseError extends Error {
  /** Name of the base. */
  readonly base: string;

  /** Builds the error; `recipe`: the recipe; `base`: the recipe of its base; `folder`: where the model should be. */
  constructor(recipe: string, base: string, folder: string) {
    super(
      `${recipe} begins with the model ${base}, and ${folder} holds none: make it with "deno task train ${base}"`,
    );
    this.name = "MissingBaseError";
    this.base = base;
  }
}

/** `--resume` was asked for, and nothing is there to resume. */
export class NothingToResumeError extends Error {
  /** Builds the error; `recipe`: its name; `places`: where was looked. */
  constructor(recipe: string, places: readonly string[]) {
    super(
      `There is no state of ${recipe} to resume in ${
        places.join(" or ")
      }; leave out --resume to begin`,
    );
    this.name = "NothingToResumeError";
  }
}
