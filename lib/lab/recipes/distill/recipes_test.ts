import { assert, assertEquals } from "@std/assert";
import { certaintyForcing } from "../../../training/certainty_forcing.ts";
import { createDecoder } from "../../../decoding/registry.ts";
import { taskWorld } from "../task_world.ts";
import { allRecipes } from "../registry.ts";
import { recipeConfig } from "../setup.ts";
import { isPaperScale } from "./paper.ts";
import { estimateDistillation } from "./plan.ts";
import {
  allDistillations,
  allTrajectories,
  findDistillation,
  findTrajectories,
} from "./registry.ts";
import { adapterSettings, distillSteps } from "./setup.ts";
import { SWEPT, UNCHANGED } from "./sweeps.ts";
import type { Recipe } from "../types.ts";

const world = taskWorld();
const mini = allDistillations().filter(({ name }) => !isPaperScale(name));

Deno.test("distillation recipes: names differ, bases are recipes, mixes sum to 1, no training problem is used twice", () => {
  const models = allRecipes();
  const names = [...models, ...allDistillations(), ...allTrajectories()]
    .map(({ name }) => name);
  assertEquals(new Set(names).size, names.length);
  const taken = models.flatMap(({ stages }) => stages.map(({ seed }) => seed));
  for (const { base, trajectories } of mini) {
    assert(models.some(({ name }) => name === base), base);
    assert(models.some(({ name }) => name === trajectories.teacher));
    const { first, problems, mix } = trajectories;
    const sum = Object.values(mix).reduce((a, b) => a + b, 0);
    assert(Math.abs(sum - 1) < 1e-9);
    assert(!taken.includes(Math.floor(first / 1e6)) && problems < 1e6);
    for (const task of Object.keys(mix)) assert(world.tasks.has(task));
  }
});

Deno.test("distillation recipes: decoders, thresholds and objectives are valid, and training fits its time", () => {
  for (const recipe of mini) {
    const { selection, trajectories, objective } = recipe;
    const maxNewTokens = 64;
    const { name, options } = trajectories.decoder;
    createDecoder({ name, options: { ...options, maxNewTokens } });
    if (selection !== null) {
      const { decoder, option, thresholds, operating } = selection;
      assert(thresholds.includes(operating));
      for (const threshold of thresholds) {
        createDecoder({
          name: decoder.name,
          options: { ...decoder.options, maxNewTokens, [option]: threshold },
        });
      }
    }
    const { ids } = world;
    const { example } = world.tasks.get("gsm-mini")!;
    const batch = certaintyForcing(
      Array.from({ length: 8 }, (_, i) => example("train", i)),
      {
        ...{ seed: 1, step: 1 },
        model: { maskId: ids.mask!, eosId: ids.eos!, shift: false },
      },
      objective,
    );
    assert(batch.rows.length > 0);
    const model = allRecipes().find(({ name }) => name === recipe.base)!;
    const config = recipeConfig(model, world);
    const { rank, alpha } = adapterSettings(recipe, config);
    assertEquals(alpha, 2 * rank);
    const steps = distillSteps(recipe, trajectories.problems);
    const { trainingFlops } = estimateDistillation(recipe, {
      ...{ config, trained: 350_000, promptLength: 60, canvas: 64, steps },
      bytes: 2,
    });
    // Fifteen minutes of two cores of 100 GFLOP/s at a third of that.
    assert(trainingFlops < 15 * 60 * 200e9 / 3, `${recipe.name} takes long`);
  }
});

Deno.test("components, seeds, ratios and every other swept setting have a recipe each", () => {
  const objectiveOf = (end: string) =>
    findDistillation(`dparallel-llada-mini${end}`)!.objective;
  assertEquals(objectiveOf("").blockSize, 16);
  assertEquals(objectiveOf("-consistency").weight, 0);
  assertEquals(objectiveOf("-certainty").consistency, 0);
  assertEquals(objectiveOf("-unblocked").blockSize, null);
  for (const ratio of ["25", "50", "75", "100", "random"]) {
    const found = findDistillation(`dparallel-llada-mini-ratio-${ratio}`)!;
    assertEquals([found.epochs, found.selection], [1, null]);
  }
  const numbers = ["4", "64"].map((rank) =>
    findDistillation(`dparallel-llada-mini-rank-${rank}`)!.adapter.rank
  );
  assertEquals(numbers, [4, 64]);
  assertEquals(objectiveOf("-temperature-0.25").temperature, 0.25);
  assertEquals(objectiveOf("-temperature-1").temperature, 1);
  for (const weight of [0, 0.5, 1, 4]) {
    assertEquals(objectiveOf(`-weight-${weight}`).weight, weight);
  }
  const seeds = ["", "-seed-2", "-seed-3"].map((end) =>
    findDistillation(`dparallel-llada-mini${end}`)!.seed
  );
  assertEquals(new Set(seeds).size, 3);
});

Deno.test("a sweep changes one setting of the headline, trained for one epoch", () => {
  const settingsOf = (name: string): Record<string, unknown> => {
    const { objective, adapter: { rank } } = findDistillation(name)!;
    const defaults = { probability: 0.5005, weight: 2, temperature: 0.5 };
    return { ...defaults, ...objective, rank };
  };
  const headline = settingsOf("dparallel-llada-mini");
  assertEquals(settingsOf(UNCHANGED), headline);
  for (const { name, setting } of SWEPT) {
    const key = setting === "ratio" ? "probability" : setting;
    const found = settingsOf(name);
    assertEquals({ ...found, [key]: headline[key] }, headline, name);
    assert(name === UNCHANGED || found[key] !== headline[key], name);
  }
});

Deno.test("the other base of llada-mini's family is trained on other problems from other weights", () => {
  const [first, second] = ["llada-mini", "llada-mini-2"].map((name) =>
    allRecipes().find((recipe) => recipe.name === name)!
  );
  const shape = (
    { name: _, makes: __, seed: ___, stages, ...rest }: Recipe,
  ) => ({
    ...rest,
    stages: stages.map(({ seed: _, ...stage }) => stage),
  });
  assertEquals(shape(first!), shape(second!));
  assert(first!.seed !== second!.seed);
  const student = findDistillation("dparallel-llada-mini-2")!;
  const { base, trajectories } = student;
  assertEquals([base, trajectories.teacher], ["llada-mini-2", "llada-mini-2"]);
  assertEquals(findTrajectories("trajectories-llada-mini-2"), trajectories);
});
