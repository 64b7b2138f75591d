import { assert, assertEquals, assertLess } from "@std/assert";
import { temporaryFolder } from "../../engine/_temporary.ts";
import { codeMini } from "../../tasks/code_mini.ts";
import { gsmMiniFree } from "../../tasks/gsm_free.ts";
import { gsmMini } from "../../tasks/gsm_mini.ts";
import type { Mode } from "../cell.ts";
import {
  writeSmallAdapter,
  writeSmallModel,
} from "../evaluation/_small_students.ts";
import { OpenModels } from "../evaluation/open_models.ts";
import type { Experiment } from "../experiment.ts";
import { planExperiment } from "../plan.ts";
import { allRecipes } from "../recipes/registry.ts";
import { findDistillation } from "../recipes/distill/registry.ts";
import { shippedNames } from "../recipes/shipping.ts";
import { RunStore } from "../store.ts";
import { decodingSeconds } from "./decoding_seconds.ts";
import { dparallel } from "./dparallel.ts";
import { lopaScaling } from "./lopa_scaling.ts";

/** Everything that ships, in a moment's size. */
async function writeShipped(folder: string): Promise<void> {
  for (const name of shippedNames()) {
    const base = findDistillation(name)?.base;
    if (base !== undefined) await writeSmallAdapter(folder, { name, base });
    else await writeSmallModel(folder, name);
  }
}

/** Plans the studies one after the other, as `reproduce` does. */
async function planned(
  experiments: readonly Experiment[],
  { mode, folder }: { readonly mode: Mode; readonly folder: string },
) {
  const store = new RunStore(`${folder}/runs`, mode);
  const earlier = new Set<string>();
  const found = [];
  for (const experiment of experiments) {
    found.push(await planExperiment(experiment, { store, earlier }));
  }
  return found;
}

Deno.test("with all that ships the studies fit their share of the modes, and decode nothing twice", async () => {
  await using folder = await temporaryFolder();
  await writeShipped(folder.path);
  const models = () => new OpenModels({ folder: folder.path });
  const tasks = () => [gsmMini, gsmMiniFree, codeMini()];
  const studies = [
    lopaScaling(models(), tasks()),
    dparallel(models(), tasks()),
  ] as readonly Experiment[];
  assertEquals(allRecipes().length, 6);
  for (
    const [mode, most] of [["quick", 90], ["default", 8.25 * 60]] as const
  ) {
    const place = { mode, folder: folder.path };
    const [scaling, distillation] = await planned(studies, place);
    assertLess(scaling!.seconds + distillation!.seconds, most, mode);
    const shared = distillation!.cells.filter(({ earlier }) => earlier);
    // One token per pass and four, on both tasks; and D2F with its lookaheads.
    const labels = shared.map(({ plan: { label } }) => label);
    for (
      const label of [
        "llada-mini gsm-mini decode sequential",
        "dream-mini code-mini decode four",
        "d2f-dream-mini gsm-mini decode lopa-7",
        "d2f-llada-mini gsm-mini decode d2f",
      ]
    ) assert(labels.includes(label), `${mode}: ${label}`);
    const alone = (await planned([studies[1]!], place))[0]!;
    assert(alone.seconds > distillation!.seconds);
  }
  for (const study of studies) await study.close();
});

Deno.test("decodingSeconds() grows with steps and branches", () => {
  const vanilla = (steps: number) =>
    decodingSeconds({ name: "llada-vanilla", options: { steps } });
  assertEquals(vanilla(64), 4 * vanilla(16));
  const lopa = (lookaheads: number) =>
    decodingSeconds({ name: "lopa", options: { lookaheads } });
  assertLess(lopa(0), lopa(7));
  assertLess(lopa(7), 8 * lopa(0));
});
