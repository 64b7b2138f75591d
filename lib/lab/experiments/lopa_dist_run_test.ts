import {
  assert,
  assertEquals,
  assertGreater,
  assertRejects,
} from "@std/assert";
import { nativeTest } from "../../engine/_fixture.ts";
import { temporaryFolder } from "../../engine/_temporary.ts";
import { writeCheckpoint } from "../../model/_checkpoint_files.ts";
import { randomSource } from "../../model/random_model.ts";
import { loadTokenizer } from "../../model/tokenizer.ts";
import { toyTask } from "../evaluation/_toy_task.ts";
import { goldenDirectory } from "../golden_archive.ts";
import { planExperiment } from "../plan.ts";
import { runExperiment } from "../run.ts";
import { RunStore } from "../store.ts";
import { lopaDist } from "./lopa_dist.ts";
import { lopaDistGrid } from "./lopa_dist_grid.ts";
import { TimedModels } from "./lopa_dist_models.ts";
import { entryRows, layoutRows } from "./lopa_dist_rows.ts";

const TIMING = { library: "a library", machine: "a machine" };

/** A golden model under the names of the D2F model and of its base, and a random causal twin. */
async function modelsFolder(folder: string): Promise<void> {
  const golden = `${await goldenDirectory()}/checkpoints/dream-tiny`;
  for (const name of ["d2f-dream-mini", "dream-mini"]) {
    await Deno.mkdir(`${folder}/${name}`);
    for await (const file of Deno.readDir(golden)) {
      await Deno.copyFile(
        `${golden}/${file.name}`,
        `${folder}/${name}/${file.name}`,
      );
    }
  }
  const { size } = await loadTokenizer(golden);
  await Deno.mkdir(`${folder}/ar-mini`);
  const shape = {
    family: "qwen2" as const,
    ...{ hiddenSize: 16, layers: 1, heads: 2, kvHeads: 1, mlpSize: 16 },
    vocabSize: size,
  };
  await writeCheckpoint(`${folder}/ar-mini`, randomSource(shape));
  await Deno.copyFile(
    `${golden}/toy_vocab.json`,
    `${folder}/ar-mini/toy_vocab.json`,
  );
}

nativeTest(
  "lopaDist() times every layout and setting, with the same tokens everywhere, and computes nothing twice",
  async () => {
    await using folder = await temporaryFolder();
    await modelsFolder(folder.path);
    const run = async (timing = TIMING) => {
      const tasks = [toyTask("gsm-mini"), toyTask("code-mini")];
      const experiment = lopaDist(new TimedModels(folder.path), tasks, {
        cores: 2,
      });
      const store = new RunStore(`${folder.path}/runs`, "quick");
      const planned = await planExperiment(experiment, { store, timing });
      const done = await runExperiment(planned, { store });
      const tables = await experiment.tables(done.cells);
      const claims = experiment.measure(done.cells).map(({ claim }) => claim);
      await experiment.close();
      return { ...done, tables, claims };
    };
    const { cells, computed, tables, claims } = await run();
    assertEquals(computed, 3);
    const layouts = layoutRows(cells);
    assertEquals(layouts.length, 3 + 4);
    for (const { same, rounds, turns, roundMs, phases, timeline } of layouts) {
      assert(same);
      assertGreater(rounds, 2);
      assertEquals(turns, 2);
      assertGreater(roundMs.low, 0);
      assertGreater(phases.compute, 0);
      assertGreater(timeline.length, 0);
    }
    const committed = layouts.filter(({ layout }) =>
      layout.protocol === "two-phase"
    );
    assert(committed.every(({ phases }) => phases.commit > 0));
    const entries = entryRows(cells);
    assertEquals(entries.length, 23);
    for (const { rates, tpf, score, latency } of entries) {
      assertGreater(tpf, 0);
      assertGreater(latency.low, 0);
      assert(score !== null);
      assertGreater(rates["tps.client"]!, 0);
      assertGreater(rates["tps.lopa-mean"]!, 0);
    }
    assertEquals(claims.length, 4);
    const again = await run();
    assertEquals([again.computed, again.reused], [0, 3]);
    assertEquals(again.tables, tables);
    assertEquals((await run({ ...TIMING, machine: "other" })).computed, 3);
  },
);

nativeTest("lopaDist() runs on stand-ins where no model is there", async () => {
  await using folder = await temporaryFolder();
  const experiment = lopaDist(new TimedModels(folder.path), [toyTask()], {
    cores: 2,
  });
  const plans = await experiment.plan("quick");
  const toy = plans.find(({ parameters }) =>
    parameters.model === "dream-tiny"
  )!;
  const signal = new AbortController().signal;
  let reports = 0;
  const result = await experiment.run(toy, { signal, report: () => reports++ });
  assert(result.kind === "sweep");
  assertEquals(reports, 2 * 19);
  assert(
    result.entries.every(({ correct }) => correct.every((c) => c === null)),
  );
  const [again] = lopaDistGrid({
    ...{ mode: "quick", cores: 2, present: [], tasks: [] },
  });
  assertEquals(plans[0]!.parameters, again);
  await experiment.close();
});

nativeTest("lopaDist() stops within a cell", async () => {
  await using folder = await temporaryFolder();
  const experiment = lopaDist(new TimedModels(folder.path), [], { cores: 2 });
  const store = new RunStore(`${folder.path}/runs`, "quick");
  const timing = TIMING;
  const planned = await planExperiment(experiment, { store, timing });
  const signal = AbortSignal.abort(new Error("enough"));
  const last = planned.cells.at(-1)!;
  await assertRejects(
    () => experiment.run(last.plan, { signal, report() {} }),
    Error,
    "enough",
  );
  await experiment.close();
});
