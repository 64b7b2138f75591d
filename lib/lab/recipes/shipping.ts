/**
 * Which of the trained models and adapters lie in the repository. Of the others there is the recipe alone.
 *
 * @module
 */
import { allDistillations } from "./distill/registry.ts";
import { SWEPT } from "./distill/sweeps.ts";
import { allRecipes } from "./registry.ts";

/** Most bytes that `data/models` may hold. */
export const MOST_BYTES = 40e6;

/** A second base is a control, not a model of its own, and most sweeps are not the paper's. */
const UNSHIPPED: readonly string[] = [
  "llada-mini-2",
  "dparallel-llada-mini-2",
  ...SWEPT.filter(({ setting }) => setting !== "ratio").map(({ name }) => name),
];

/** Names of the models and adapters of the small world that ship with the kit once they are trained. */
export function shippedNames(): readonly string[] {
  const models = allRecipes().map(({ name }) => name);
  const adapters = allDistillations().filter(({ base }) =>
    models.includes(base)
  );
  return [...models, ...adapters.map(({ name }) => name)].filter((name) =>
    !UNSHIPPED.includes(name)
  );
}

/** What lists say of a name beside what it makes. */
export function shippingWords(name: string): string {
  return UNSHIPPED.includes(name) ? "; not shipped" : "";
}
