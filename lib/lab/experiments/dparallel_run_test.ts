import { assert, assertEquals, assertGreater } from "@std/assert";
import { nativeTest } from "../../engine/_fixture.ts";
import { temporaryFolder } from "../../engine/_temporary.ts";
import { gsmMini } from "../../tasks/gsm_mini.ts";
import {
  writeSmallAdapter,
  writeSmallModel,
} from "../evaluation/_small_students.ts";
import { openLanes } from "../evaluation/lanes.ts";
import { OpenModels } from "../evaluation/open_models.ts";
import { planExperiment } from "../plan.ts";
import { runExperiment } from "../run.ts";
import { RunStore } from "../store.ts";
import { dparallel } from "./dparallel.ts";

nativeTest(
  "dparallel() runs bases and adapters that are there, stores every cell and computes nothing twice",
  async () => {
    await using folder = await temporaryFolder();
    const models = `${folder.path}/models`;
    await Deno.mkdir(models);
    const opened: string[] = [];
    const run = async () => {
      const experiment = dparallel(
        new OpenModels({
          folder: models,
          load: (directory, options) => {
            opened.push(options?.adapter ?? directory);
            return openLanes(directory, { ...options, lanes: 1 });
          },
        }),
        [gsmMini],
      );
      const store = new RunStore(`${folder.path}/runs`, "quick");
      const planned = await planExperiment(experiment, { store });
      const { cells, computed } = await runExperiment(planned, { store });
      const tables = await experiment.tables(cells);
      const figures = await experiment.figures(cells);
      const measured = experiment.measure(cells);
      await experiment.close();
      return { cells, computed, tables, figures, measured };
    };
    const nothing = await run();
    assertEquals([nothing.cells, nothing.tables, nothing.figures], [
      [],
      [],
      [],
    ]);
    const base = "dream-mini";
    await writeSmallModel(models, base);
    assertEquals((await run()).cells, [], "a base alone");
    await writeSmallAdapter(models, { name: "dparallel-dream-mini", base });
    const first = await run();
    assertEquals(first.computed, first.cells.length);
    assertGreater(first.cells.length, 8);
    for (const { plan: { parameters }, result } of first.cells) {
      const { kind, count } = parameters;
      if (kind === "probe") {
        const { own, shown } = result.probe!;
        assertEquals(own.steps[0]!.decodes, count);
        assert(own.steps[0]!.masked.every((masked) => masked === count));
        // A base's own states are those that it is shown.
        if (parameters.base === null) assertEquals(own, shown);
        else assert(JSON.stringify(own) !== JSON.stringify(shown));
        continue;
      }
      assertEquals(result.rows.length, count);
      for (
        const { settled, forwards, blocks, inside, committed } of result.rows
      ) {
        assert(settled >= 1 && settled <= forwards);
        assertEquals(blocks.length, 4);
        assert(inside >= 1 && inside <= 4);
        assert(committed > 0 && committed <= 1);
        if (parameters.method.name === "window-lopa") continue;
        assertEquals(blocks.reduce((a, b) => a + b), forwards);
      }
    }
    const rows = first.tables.find(({ name }) => name === "dparallel")!.rows;
    const sequential = rows.find(({ method }) => method === "sequential")!;
    assertEquals([sequential.passes, sequential.agreement], [64, 100]);
    assert(first.measured.length > 0 && first.figures.length > 0);
    const before = opened.length;
    const again = await run();
    assertEquals([again.computed, opened.length], [0, before]);
    assertEquals(again.tables, first.tables);
  },
);
