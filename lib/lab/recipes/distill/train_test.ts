import {
  assert,
  assertEquals,
  assertNotEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { join } from "node:path";
import { nativeTest } from "../../../engine/_fixture.ts";
import { Device } from "../../../engine/mod.ts";
import { loadModel } from "../../../model/load_model.ts";
import { StateMismatchError } from "../../../training/run_errors.ts";
import { readCurve } from "../../../training/curve.ts";
import { inFolder } from "../_tiny_runs.ts";
import { PLAIN } from "../_tiny.ts";
import { MissingBaseError } from "../errors.ts";
import {
  makeTinyBase,
  TINY_DISTILLATION,
  tinyDistillTools,
} from "./_tiny_distill.ts";
import { readAdapterRecord } from "./ship.ts";
import { trainDistillation } from "./train.ts";

/** A test with a trained base in a folder of its own. */
function withBase(
  test: (device: Device, folder: string) => Promise<void>,
): Promise<void> {
  return inFolder(async (folder) => {
    await using device = await Device.open({ threads: 2 });
    await makeTinyBase(device, folder);
    await test(device, folder);
  });
}

async function adapterIn(folder: string): Promise<string> {
  const path = join(folder, "adapter_model.safetensors");
  return (await Deno.readFile(path)).toHex();
}

nativeTest(
  "a distillation writes an adapter that loads with its base, with card, curve and record",
  () =>
    withBase(async (device, folder) => {
      const tools = tinyDistillTools(device, folder);
      const adapter = await trainDistillation(TINY_DISTILLATION, PLAIN, tools);
      assertEquals(adapter, join(folder, "models", "dparallel-tiny"));
      using model = await loadModel(join(folder, "models", "tiny"), {
        ...{ device, adapter: adapter! },
      });
      const card = await Deno.readTextFile(join(adapter!, "README.md"));
      assertStringIncludes(card, model.spec.digest.slice(0, 16));
      assertStringIncludes(card, "(kept)");
      assertEquals(card.includes("not trained to its end"), false);
      const record = (await readAdapterRecord(adapter!))!;
      assertEquals([record.steps, record.wanted], [6, 6]);
      assert([3, 6].includes(record.kept));
      assertEquals(record.points.map(({ step }) => step), [0, 0, 3, 3, 6, 6]);
      assertEquals(record.points.map(({ step }) => step), [0, 0, 3, 3, 6, 6]);
      const state = join(folder, "states", "dparallel-tiny");
      const curve = await readCurve(join(state, "stage-01.jsonl"));
      assertEquals(curve.length, 6);
      for (const { loss, hard, certainty, correct } of curve) {
        assert(Math.abs(loss - hard - certainty) < 1e-3 * loss);
        assert(certainty > 0 && correct > 0 && correct <= 1);
      }
      assertStringIncludes(tools.said[0]!, "Memory: about");
    }),
);

nativeTest(
  "a distillation stopped among its steps goes on to the adapter of an unbroken one",
  () =>
    withBase(async (device, folder) => {
      const whole = tinyDistillTools(device, folder, {
        states: join(folder, "whole"),
      });
      const unbroken = await adapterIn(
        (await trainDistillation(TINY_DISTILLATION, PLAIN, whole))!,
      );
      const stop = new AbortController();
      let steps = 0;
      const progress = {
        update: ({ title }: { title: string }) => {
          if (title !== "trajectories" && ++steps === 4) stop.abort();
        },
        finish: () => {},
      };
      const broken = tinyDistillTools(device, folder, {
        progress,
        signal: stop.signal,
      });
      assertEquals(
        await trainDistillation(TINY_DISTILLATION, PLAIN, broken),
        null,
      );
      assertStringIncludes(broken.said.at(-1)!, "run the same command again");
      const again = tinyDistillTools(device, folder);
      const adapter = await trainDistillation(TINY_DISTILLATION, PLAIN, again);
      assertStringIncludes(again.said[0]!, "already made");
      assert(await adapterIn(adapter!) === unbroken, "the adapters differ");
    }),
);

nativeTest(
  "with steps the adapter is written beside the state, and goes on from there",
  () =>
    withBase(async (device, folder) => {
      const tools = tinyDistillTools(device, folder);
      const four = { ...PLAIN, steps: 4 };
      const adapter = await trainDistillation(TINY_DISTILLATION, four, tools);
      assertEquals(adapter, join(folder, "states", "dparallel-tiny", "model"));
      const card = await Deno.readTextFile(join(adapter!, "README.md"));
      assertStringIncludes(card, "not trained to its end");
      const early = await adapterIn(adapter!);
      const shipped = await trainDistillation(TINY_DISTILLATION, PLAIN, tools);
      assertNotEquals(await adapterIn(shipped!), early);
    }),
);

nativeTest(
  "settings that change weights disown the state; a dry run leaves everything",
  () =>
    withBase(async (device, folder) => {
      const tools = tinyDistillTools(device, folder);
      const dry = { ...PLAIN, dryRun: true };
      assertEquals(
        await trainDistillation(TINY_DISTILLATION, dry, tools),
        null,
      );
      await assertRejects(
        () => Deno.stat(join(folder, "states", "dparallel-tiny")),
        Deno.errors.NotFound,
      );
      const four = { ...PLAIN, steps: 4 };
      await trainDistillation(TINY_DISTILLATION, four, tools);
      const colder = {
        ...TINY_DISTILLATION,
        objective: { ...TINY_DISTILLATION.objective, temperature: 1 },
      };
      await assertRejects(
        () => trainDistillation(colder, PLAIN, tools),
        StateMismatchError,
      );
      await trainDistillation(colder, { ...PLAIN, mode: "fresh" }, tools);
    }),
);

nativeTest(
  "a distillation says which model is missing",
  () =>
    inFolder(async (folder) => {
      await using device = await Device.open({ threads: 1 });
      const error = await assertRejects(
        () =>
          trainDistillation(
            TINY_DISTILLATION,
            PLAIN,
            tinyDistillTools(device, folder),
          ),
        MissingBaseError,
      );
      assertStringIncludes(error.message, "deno task train tiny");
    }),
);

nativeTest(
  "a block-causal student is trained on what its decoder sees, and compared by its own cached decoder",
  () =>
    withBase(async (device, folder) => {
      const recipe = {
        ...TINY_DISTILLATION,
        name: "dparallel-d2f-tiny",
        objective: {
          ...TINY_DISTILLATION.objective,
          attention: { kind: "block-causal", blockSize: 4 },
        } as const,
        selection: {
          ...TINY_DISTILLATION.selection!,
          decoder: {
            name: "d2f",
            options: { blockSize: 4, visibility: "block-causal" },
          },
          ...{ option: "confidenceThreshold", thresholds: [0.9, 0.3] },
          ...{ operating: 0.9, lockstep: false },
        },
      };
      const tools = tinyDistillTools(device, folder);
      const adapter = (await trainDistillation(recipe, PLAIN, tools))!;
      const state = join(folder, "states", recipe.name);
      const curve = await readCurve(join(state, "stage-01.jsonl"));
      for (const at of [2, 5]) {
        const dev = curve[at]!.dev!;
        assert(dev["passes at 0.9"]! >= dev["passes at 0.3"]!);
        assert(dev["passes at 0.3"]! >= 1 && dev["passes at 0.9"]! <= 9);
      }
      const card = await Deno.readTextFile(join(adapter, "README.md"));
      assertStringIncludes(card, "block-causal attention");
      const full = { ...recipe, objective: TINY_DISTILLATION.objective };
      await trainDistillation(full, { ...PLAIN, mode: "fresh" }, tools);
      const other = await readCurve(join(state, "stage-01.jsonl"));
      assertNotEquals(other[0]!.loss, curve[0]!.loss);
    }),
);
