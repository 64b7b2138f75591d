import { assert, assertEquals, assertLess } from "@std/assert";
import { loraOptions } from "../../training/adapter_files.ts";
import { planAdapters } from "../../training/adapters.ts";
import { elements } from "../../training/parameter_groups.ts";
import { parameterCount } from "./card.ts";
import { findDistillation } from "./distill/registry.ts";
import { adapterSettings } from "./distill/setup.ts";
import { allRecipes } from "./registry.ts";
import { recipeConfig } from "./setup.ts";
import { MOST_BYTES, shippedNames, shippingWords } from "./shipping.ts";
import { taskWorld } from "./task_world.ts";

/** Tokenizer, card, curve and records of a model or an adapter. */
const BESIDE = 35e3;

Deno.test("what ships fits into data/models, and what does not ship says so", () => {
  const names = shippedNames();
  const world = taskWorld();
  const configOf = (name: string) =>
    recipeConfig(allRecipes().find((recipe) => recipe.name === name)!, world);
  const bytes = names.map((name) => {
    const adapter = findDistillation(name);
    if (adapter === undefined) {
      return BESIDE + 2 * parameterCount(configOf(name));
    }
    const config = configOf(adapter.base);
    const settings = adapterSettings(adapter, config);
    const { groups } = planAdapters(config, loraOptions(settings));
    const numbers = groups.flat().map(({ shape }) => elements(shape));
    return BESIDE + 2 * numbers.reduce((a, b) => a + b, 0);
  });
  assertLess(bytes.reduce((a, b) => a + b, 0), MOST_BYTES);
  for (
    const name of [
      ...["ar-mini", "dream-mini", "llada-mini"],
      ...["d2f-dream-mini", "d2f-llada-mini"],
      ...["dparallel-llada-mini", "dparallel-dream-mini"],
      ...["consistency", "certainty", "unblocked", "seed-2", "ratio-25"]
        .map((end) => `dparallel-llada-mini-${end}`),
    ]
  ) assert(names.includes(name), name);
  assertEquals(shippingWords("llada-mini"), "");
  assertEquals(shippingWords("llada-mini-2"), "; not shipped");
  assert(!names.includes("dparallel-llada-mini-rank-64"));
  assert(!names.some((name) => name.includes("8b")));
});
