import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { join } from "node:path";
import { loadCheckpoint } from "../../model/checkpoint.ts";
import { StateMismatchError } from "../../training/run_errors.ts";
import {
  fakeTrainer,
  PLAIN,
  TINY,
  TINY_D2F,
  TINY_WORLD,
  tinyTools,
} from "./_tiny.ts";
import { inFolder, unbroken, weightsIn } from "./_tiny_runs.ts";
import { MissingBaseError, NothingToResumeError } from "./errors.ts";
import { trainRecipe } from "./train.ts";
import type { Recipe } from "./types.ts";

Deno.test("trainRecipe runs all stages and writes a model that loads, with card, curve and record", () =>
  inFolder(async (folder) => {
    const tools = tinyTools(folder);
    const model = await trainRecipe(TINY, PLAIN, tools);
    assertEquals(model, join(folder, "models", "tiny"));
    using checkpoint = await loadCheckpoint(model!);
    assertEquals(checkpoint.config.family, "dream");
    assertEquals(checkpoint.config.vocabSize % 16, 0);
    const card = await Deno.readTextFile(join(model!, "README.md"));
    assertStringIncludes(card, checkpoint.digest.slice(0, 16));
    assertStringIncludes(card, "Not evaluated");
    assertEquals(card.includes("not trained to its end"), false);
    const log = await Deno.readTextFile(join(model!, "train_log.csv"));
    assertEquals(
      log.trim().split("\n").slice(1).map((row) => row.split(",")[0]),
      [..."111111222222"],
    );
    const record = await Deno.readTextFile(join(model!, "training.json"));
    assertEquals(JSON.parse(record).stages.length, 2);
    assertStringIncludes(tools.said[0]!, "stage 2: steps 7 to 12");
    assertStringIncludes(tools.said[0]!, "Measured: ");
  }));

Deno.test("trainRecipe stopped in the second stage writes no model, and goes on to the weights of an unbroken run", () =>
  inFolder(async (folder) => {
    const stop = new AbortController();
    let steps = 0;
    const progress = {
      update: () => ++steps === 8 && stop.abort(),
      finish: () => {},
    };
    const tools = tinyTools(folder, { progress, signal: stop.signal });
    assertEquals(await trainRecipe(TINY, PLAIN, tools), null);
    assertStringIncludes(tools.said.at(-1)!, "after step 2 of stage 2");
    const again = tinyTools(folder);
    const model = await trainRecipe(TINY, { ...PLAIN, mode: "resume" }, again);
    assertStringIncludes(again.said[0]!, "Now: steps 9 to 12");
    assertEquals(await weightsIn(model!), await unbroken());
  }));

Deno.test("trainRecipe with steps writes the model beside the state and goes on from there", () =>
  inFolder(async (folder) => {
    for (const steps of [4, 6, 9]) {
      const model = await trainRecipe(
        TINY,
        { ...PLAIN, steps },
        tinyTools(folder),
      );
      assertEquals(model, join(folder, "states", "tiny", "model"));
      const card = await Deno.readTextFile(join(model!, "README.md"));
      assertStringIncludes(card, "not trained to its end");
    }
    const model = await trainRecipe(TINY, PLAIN, tinyTools(folder));
    assertEquals(await weightsIn(model!), await unbroken());
  }));

Deno.test("trainRecipe afresh throws the state away; as a dry run it leaves it", () =>
  inFolder(async (folder) => {
    const model = await trainRecipe(TINY, PLAIN, tinyTools(folder));
    const tools = tinyTools(folder);
    const fresh = { ...PLAIN, mode: "fresh" } as const;
    await trainRecipe(TINY, { ...fresh, dryRun: true }, tools);
    assertStringIncludes(tools.said[0]!, "Now: steps 1 to 12");
    const kept = join(folder, "states", "tiny", "stage-02.safetensors");
    assert((await Deno.stat(kept)).isFile);
    await trainRecipe(TINY, { ...fresh, steps: 3 }, tools);
    await assertRejects(() => Deno.stat(kept), Deno.errors.NotFound);
    await trainRecipe(TINY, PLAIN, tools);
    assertEquals(await weightsIn(model!), await unbroken());
  }));

Deno.test("trainRecipe resumes behind the complete stages of a shipped model where the state is gone", () =>
  inFolder(async (folder) => {
    const out = join(folder, "models", "tiny");
    await trainRecipe(TINY, { ...PLAIN, steps: 6, out }, tinyTools(folder));
    await Deno.remove(join(folder, "states"), { recursive: true });
    const tools = tinyTools(folder);
    const model = await trainRecipe(TINY, { ...PLAIN, mode: "resume" }, tools);
    assertStringIncludes(tools.said[0]!, "Now: steps 7 to 12");
    assertEquals(await weightsIn(model!), await unbroken());
    const log = await Deno.readTextFile(join(model!, "train_log.csv"));
    assertEquals(log.trim().split("\n").length, 13);
  }));

Deno.test("trainRecipe has nothing to resume where there is neither state nor model", () =>
  inFolder(async (folder) => {
    const resume = { ...PLAIN, mode: "resume" } as const;
    await assertRejects(
      () => trainRecipe(TINY, resume, tinyTools(folder)),
      NothingToResumeError,
      "leave out --resume",
    );
  }));

Deno.test("trainRecipe refuses the state of a changed recipe, and of changed data", () =>
  inFolder(async (folder) => {
    await trainRecipe(TINY, { ...PLAIN, steps: 8 }, tinyTools(folder));
    const [first, second] = TINY.stages;
    const changed: Recipe = {
      ...TINY,
      stages: [{ ...first!, problems: 9 }, second!],
    };
    await assertRejects(
      () => trainRecipe(changed, PLAIN, tinyTools(folder)),
      StateMismatchError,
      "stage-01",
    );
    const task = TINY_WORLD.tasks.get("up")!;
    const world = {
      ...TINY_WORLD,
      tasks: new Map([...TINY_WORLD.tasks, ["up", { ...task, digest: "2" }]]),
    };
    await assertRejects(
      () => trainRecipe(TINY, PLAIN, tinyTools(folder, { world })),
      StateMismatchError,
    );
    const longer: Recipe = { ...TINY, stages: [first!, second!, second!] };
    const { said, ...tools } = tinyTools(folder);
    await trainRecipe(longer, PLAIN, tools);
    assertStringIncludes(said[0]!, "Now: steps 9 to 18");
  }));

Deno.test("trainRecipe makes damaged weights of a stage again from its last checkpoint", () =>
  inFolder(async (folder) => {
    await trainRecipe(TINY, { ...PLAIN, steps: 6 }, tinyTools(folder));
    const path = join(folder, "states", "tiny", "stage-01.safetensors");
    const bytes = await Deno.readFile(path);
    bytes[bytes.length >> 1]! ^= 1;
    await Deno.writeFile(path, bytes);
    const tools = tinyTools(folder);
    const model = await trainRecipe(TINY, PLAIN, tools);
    assertStringIncludes(tools.said[0]!, "damaged");
    assertEquals(await weightsIn(model!), await unbroken());
  }));

Deno.test("trainRecipe begins D2F with its base, and says so when there is none or another", () =>
  inFolder(async (folder) => {
    await assertRejects(
      () => trainRecipe(TINY_D2F, PLAIN, tinyTools(folder)),
      MissingBaseError,
      "deno task train tiny",
    );
    await trainRecipe(TINY, PLAIN, tinyTools(folder));
    const teachers: unknown[] = [];
    const tools = tinyTools(folder, {
      makeTrainer: (parts) => {
        teachers.push(parts.teacher);
        return fakeTrainer(parts);
      },
    });
    await trainRecipe(TINY_D2F, { ...PLAIN, steps: 7 }, tools);
    assertEquals(teachers.length, 2);
    assert(teachers[0] !== null && teachers[0] === teachers[1]);
    const other: Recipe = { ...TINY, seed: 2 };
    await trainRecipe(other, { ...PLAIN, mode: "fresh" }, tinyTools(folder));
    await assertRejects(
      () => trainRecipe(TINY_D2F, PLAIN, tinyTools(folder)),
      StateMismatchError,
      "its base",
    );
  }));

Deno.test("trainRecipe keeps an evaluation of the same weights in the card and drops one of others", () =>
  inFolder(async (folder) => {
    const model = (await trainRecipe(TINY, PLAIN, tinyTools(folder)))!;
    let digest: string;
    {
      using checkpoint = await loadCheckpoint(model);
      digest = checkpoint.digest;
    }
    const row = { task: "up", decoder: "one token per step", n: 500 };
    const rows = [{ ...row, score: 0.912, low: 0.884, high: 0.935 }];
    const path = join(model, "evaluation.json");
    await Deno.writeTextFile(path, JSON.stringify({ model: digest, rows }));
    await trainRecipe(TINY, PLAIN, tinyTools(folder));
    const card = await Deno.readTextFile(join(model, "README.md"));
    assertStringIncludes(
      card,
      "| `up` | one token per step | 500 | 91.2 | 88.4 to 93.5 |",
    );
    assert((await Deno.stat(path)).isFile);
    const other: Recipe = { ...TINY, seed: 2 };
    await trainRecipe(other, { ...PLAIN, mode: "fresh" }, tinyTools(folder));
    await assertRejects(() => Deno.stat(path), Deno.errors.NotFound);
  }));
