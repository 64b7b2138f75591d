import { assertEquals, assertGreater, assertRejects } from "@std/assert";
import { nativeTest } from "../../engine/_fixture.ts";
import { temporaryFolder } from "../../engine/_temporary.ts";
import { writeCheckpoint } from "../../model/_checkpoint_files.ts";
import { loadReferenceModel } from "../../model/reference_model.ts";
import { loadTokenizer } from "../../model/tokenizer.ts";
import { randomSource } from "../../model/random_model.ts";
import { toyTask } from "../evaluation/_toy_task.ts";
import { openLanes } from "../evaluation/lanes.ts";
import { OpenModels } from "../evaluation/open_models.ts";
import { presentModels } from "../evaluation/trained_models.ts";
import type { ResultTable } from "../experiment.ts";
import { goldenDirectory } from "../golden_archive.ts";
import { planExperiment } from "../plan.ts";
import { findRecipe } from "../recipes/registry.ts";
import { runExperiment } from "../run.ts";
import { RunStore } from "../store.ts";
import { lopaScaling } from "./lopa_scaling.ts";

const tableOf = (tables: readonly ResultTable[], name: string) =>
  tables.find((table) => table.name === name)!.rows;

/** A folder with a golden model under the name of a trained one, and a random causal model. */
async function modelsFolder(folder: string): Promise<void> {
  const golden = `${await goldenDirectory()}/checkpoints/dream-tiny`;
  await Deno.mkdir(`${folder}/d2f-dream-mini`);
  for await (const { name } of Deno.readDir(golden)) {
    await Deno.copyFile(
      `${golden}/${name}`,
      `${folder}/d2f-dream-mini/${name}`,
    );
  }
  const tokenizer = await loadTokenizer(golden);
  await Deno.mkdir(`${folder}/ar-mini`);
  const shape = {
    family: "qwen2",
    hiddenSize: 16,
    layers: 1,
    heads: 2,
    kvHeads: 1,
    mlpSize: 16,
    vocabSize: tokenizer.size,
  } as const;
  await writeCheckpoint(`${folder}/ar-mini`, randomSource(shape));
  await Deno.copyFile(
    `${golden}/toy_vocab.json`,
    `${folder}/ar-mini/toy_vocab.json`,
  );
  assertEquals(
    (await loadReferenceModel(`${folder}/ar-mini`)).spec.maskId,
    null,
  );
}

nativeTest(
  "lopaScaling() runs for the models that are there, stores every cell and computes nothing twice",
  async () => {
    await using folder = await temporaryFolder();
    const models = `${folder.path}/models`;
    await Deno.mkdir(models);
    assertEquals(await presentModels(models), []);
    await modelsFolder(models);
    assertEquals(await presentModels(models), ["ar-mini", "d2f-dream-mini"]);
    const task = toyTask("code-mini");
    let opened = 0;
    const run = async () => {
      const experiment = lopaScaling(
        new OpenModels({
          folder: models,
          load: (directory) => {
            opened++;
            return openLanes(directory, { lanes: 2, dtype: "f32" });
          },
        }),
        [toyTask("gsm-mini"), task],
      );
      const store = new RunStore(`${folder.path}/runs`, "quick");
      const planned = await planExperiment(experiment, { store });
      const { cells, computed } = await runExperiment(planned, { store });
      const tables = await experiment.tables(cells);
      const measured = experiment.measure(cells);
      await experiment.close();
      return { planned, computed, cells, tables, measured };
    };
    const first = await run();
    assertEquals(opened, 2);
    assertEquals(first.computed, first.planned.cells.length);
    assertGreater(first.planned.seconds, 0);
    assertEquals(task.calls.closed, 1);
    const again = await run();
    assertEquals([again.computed, opened], [0, 2]);
    assertEquals(again.tables, first.tables);
    assertEquals(again.measured, first.measured);
    const whole = tableOf(first.tables, "lopa-scaling");
    const row = (method: string) =>
      whole.find((row) => row.task === "gsm-mini" && row.method === method)!;
    assertEquals(row("autoregressive").problems, 12);
    assertGreater(row("d2f").score as number, 30);
    assertEquals(row("lopa-0").tpf, row("d2f").tpf);
    assertGreater(row("lopa-7").tpf as number, row("d2f").tpf as number);
    assertEquals(first.cells[0]!.plan.parameters.count, 12);
  },
);

nativeTest("presentModels() leaves out a model in training", async () => {
  await using folder = await temporaryFolder();
  await modelsFolder(folder.path);
  const record = (stages: number) =>
    Deno.writeTextFile(
      `${folder.path}/d2f-dream-mini/training.json`,
      JSON.stringify({ stages: Array(stages).fill("digest"), steps: 5 }),
    );
  const wanted = findRecipe("d2f-dream-mini").stages.length;
  await record(wanted - 1);
  assertEquals(await presentModels(folder.path), ["ar-mini"]);
  await record(wanted);
  assertEquals(await presentModels(folder.path), ["ar-mini", "d2f-dream-mini"]);
});

nativeTest(
  "lopaScaling() names a model folder that cannot be opened",
  async () => {
    await using folder = await temporaryFolder();
    await Deno.mkdir(`${folder.path}/ar-mini`);
    await Deno.writeTextFile(`${folder.path}/ar-mini/config.json`, "{");
    const models = new OpenModels({ folder: folder.path });
    const experiment = lopaScaling(models, [toyTask()]);
    await assertRejects(() => experiment.plan("quick"), Error, "config.json");
  },
);
