import { assert, assertEquals, assertThrows } from "@std/assert";
import type { CurvePoint } from "../../training/curve.ts";
import { TINY, TINY_WORLD } from "./_tiny.ts";
import { devBatches, stageBatches } from "./batches.ts";
import { UnknownRecipeError } from "./errors.ts";
import { parseTrainOptions } from "./options.ts";
import { allRecipes, findRecipe } from "./registry.ts";
import { logCsv, thinCurve } from "./train_log.ts";

Deno.test("findRecipe names the known recipes where it knows none of the name", () => {
  assertEquals(findRecipe("ar-mini").family, "qwen2");
  const error = assertThrows(() => findRecipe("ar-maxi"), UnknownRecipeError);
  for (const { name } of allRecipes()) assert(error.message.includes(name));
});

Deno.test("recipes: bases come first, seeds differ, mixes sum to 1, warm-ups fit", () => {
  const names: string[] = [];
  const seeds = new Set<number>();
  for (const { name, base, stages } of allRecipes()) {
    assert(base === null || names.includes(base), name);
    names.push(name);
    for (const { seed, mix, rate, steps, problems } of stages) {
      assert(!seeds.has(seed), `${name}: seed ${seed} is used twice`);
      seeds.add(seed);
      const sum = Object.values(mix).reduce((a, b) => a + b, 0);
      assert(Math.abs(sum - 1) < 1e-9, name);
      assert(rate.warmup! < steps, name);
      assert(steps * problems <= 1_000_000, name);
    }
  }
  assertEquals(new Set(names).size, names.length);
});

Deno.test("stageBatches is a function of the step, in micro-batches of bounded size, with weights that sum to the mean", () => {
  const [stage] = TINY.stages;
  const at = (step: number) =>
    stageBatches(TINY, { stage: stage!, world: TINY_WORLD, step });
  assertEquals(at(3), at(3));
  const [first, second] = [at(1), at(2)];
  assert(JSON.stringify(first) !== JSON.stringify(second));
  assert(first.length > 1);
  for (const { sequences } of first) {
    const positions = sequences.reduce((n, { tokens }) => n + tokens.length, 0);
    assert(positions <= stage!.positions || sequences.length === 1);
  }
  const weights = first.flatMap(({ rows }) => rows.map(({ hard }) => hard));
  const sum = weights.reduce((a, b) => a + b, 0);
  assert(Math.abs(sum - 1) < 1e-9);
  const other = { ...stage!, seed: 9 };
  const moved = stageBatches(TINY, {
    stage: other,
    world: TINY_WORLD,
    step: 1,
  });
  assert(JSON.stringify(moved) !== JSON.stringify(first));
});

Deno.test("a stage with an objective of its own has it in training and development", () => {
  const stage = {
    ...TINY.stages[0]!,
    objective: { kind: "left-to-right", options: {} } as const,
  };
  const recipe = { ...TINY, family: "llada" as const };
  const world = TINY_WORLD;
  for (
    const [batch] of [
      stageBatches(recipe, { stage, world, step: 1 }),
      devBatches(recipe, { task: "up", stage, world }),
    ]
  ) {
    assert(batch!.sequences.every(({ positions }) => positions !== undefined));
  }
});

Deno.test("stageBatches mixes tasks by their shares", () => {
  const [stage] = TINY.stages;
  const seen = { up: 0, down: 0 };
  const tasks = new Map([...TINY_WORLD.tasks].map(([name, task]) => [name, {
    ...task,
    example: (...given: Parameters<typeof task.example>) => {
      seen[name as keyof typeof seen]++;
      return task.example(...given);
    },
  }]));
  for (let step = 1; step <= 100; step++) {
    stageBatches(TINY, {
      stage: stage!,
      world: { ...TINY_WORLD, tasks },
      step,
    });
  }
  assertEquals(seen.up + seen.down, 800);
  assert(Math.abs(seen.up / 800 - 0.75) < 0.05, `${seen.up} of 800`);
});

Deno.test("devBatches asks for the development split alone", () => {
  const splits = new Set<string>();
  const tasks = new Map([...TINY_WORLD.tasks].map(([name, task]) => [name, {
    ...task,
    example: (...given: Parameters<typeof task.example>) => {
      splits.add(given[0]);
      return task.example(...given);
    },
  }]));
  const world = { ...TINY_WORLD, tasks };
  const batches = devBatches(TINY, {
    task: "up",
    stage: TINY.stages[0]!,
    world,
  });
  assert(batches.length > 1);
  assertEquals([...splits], ["dev"]);
});

Deno.test("thinCurve averages losses and keeps the rest as it stood; logCsv aligns what only some rows have", () => {
  const points = Array.from({ length: 250 }, (_, i): CurvePoint => ({
    step: i + 1,
    loss: i + 1,
    hard: 1,
    soft: 0,
    certainty: 0,
    correct: 0.5,
    gradientNorm: 2,
    learningRate: 1e-3,
    tokens: 10 * (i + 1),
    seconds: i + 1,
    ...(i === 99 ? { dev: { up: 1.5 } } : {}),
  }));
  const rows = thinCurve(2, points);
  assertEquals(rows.length, 84);
  assertEquals([rows[0]!.step, rows[0]!.loss, rows[0]!.tokens], [
    "3",
    "2",
    "30",
  ]);
  assertEquals(rows.at(-1)!.step, "250");
  assertEquals(rows.filter((row) => row["dev up"] === "1.5").length, 1);
  const lines = logCsv(rows).trim().split("\n");
  assertEquals(
    new Set(lines.map((line) => line.split(",").length)),
    new Set([12]),
  );
});

Deno.test("parseTrainOptions reads what it documents and refuses the rest", () => {
  assertEquals(
    parseTrainOptions(["ar-mini", "--steps=20", "--threads", "2", "--resume"]),
    {
      recipe: "ar-mini",
      steps: 20,
      threads: 2,
      mode: "resume",
      out: null,
      model: null,
      prompts: null,
      dryRun: false,
      help: false,
    },
  );
  assertEquals(parseTrainOptions([]).recipe, null);
  const refused: [string[], string][] = [
    [["--steps"], "--steps needs a value"],
    [["--steps", "0"], "at least 1"],
    [["--steps", "2.5"], "whole number"],
    [["--threads", "x"], "whole number"],
    [["--fast"], "Unknown option"],
    [["a", "b"], "one recipe"],
    [["--resume", "--fresh"], "Choose one"],
  ];
  for (const [args, message] of refused) {
    assertThrows(() => parseTrainOptions(args), Error, message);
  }
});
