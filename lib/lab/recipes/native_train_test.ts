import { assert, assertEquals, assertGreater } from "@std/assert";
import { join } from "node:path";
import { Device } from "../../engine/mod.ts";
import { loadModel } from "../../model/load_model.ts";
import { readCurve } from "../../training/curve.ts";
import { PLAIN, TINY, TINY_D2F, tinyTools } from "./_tiny.ts";
import { inFolder } from "./_tiny_runs.ts";
import { nativeTrainer } from "./native_trainer.ts";
import { trainRecipe } from "./train.ts";
import type { Recipe } from "./types.ts";

const CHAIN: readonly Recipe[] = [
  {
    ...TINY,
    name: "causal",
    family: "qwen2",
    objective: { kind: "causal", options: {} },
  },
  { ...TINY, base: "causal" },
  TINY_D2F,
  { ...TINY, name: "unshifted", family: "llada" },
  { ...TINY_D2F, name: "d2f-unshifted", base: "unshifted", family: "llada" },
];

Deno.test("every objective trains natively, from its base to a model that the next begins with", () =>
  inFolder(async (folder) => {
    await using device = await Device.open({ threads: 2 });
    const tools = tinyTools(folder, {
      makeTrainer: (parts) => nativeTrainer(device, parts),
    });
    for (const recipe of CHAIN) {
      const folder = await trainRecipe(recipe, PLAIN, tools);
      using model = await loadModel(folder!, { device });
      assertEquals(model.spec.family, recipe.family);
      const state = join(tools.states, recipe.name);
      const curve = await readCurve(join(state, "stage-02.jsonl"));
      assertEquals(curve.length, 6);
      for (const { loss, hard, soft, gradientNorm, dev } of curve) {
        assert(Math.abs(loss - hard - soft) < 1e-3 * loss);
        assertGreater(gradientNorm, 0);
        assertEquals(soft > 0, recipe.objective.kind === "d2f");
        if (dev) assertEquals(Object.keys(dev), ["down", "up"]);
      }
      assert(curve.at(-1)!.dev);
    }
  }));
