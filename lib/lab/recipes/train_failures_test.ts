import { assertEquals, assertNotEquals, assertRejects } from "@std/assert";
import { join } from "node:path";
import { FakeTrainer } from "../../training/_fake_trainer.ts";
import {
  StageDivergedError,
  StateLockedError,
} from "../../training/run_errors.ts";
import { lockState } from "../../training/state_lock.ts";
import { fakeTrainer, PLAIN, TINY, tinyTools } from "./_tiny.ts";
import { inFolder, weightsIn } from "./_tiny_runs.ts";
import { measureStep } from "./plan.ts";
import { setUpRecipe } from "./setup.ts";
import { trainRecipe } from "./train.ts";

Deno.test("trainRecipe stops at a diverging loss with the shipped model untouched", () =>
  inFolder(async (folder) => {
    const model = (await trainRecipe(TINY, PLAIN, tinyTools(folder)))!;
    const before = await weightsIn(model);
    let at = 0;
    const tools = tinyTools(folder, {
      checkpointSeconds: 0,
      makeTrainer: async (parts) => {
        const trainer: FakeTrainer = await fakeTrainer(parts);
        const step = trainer.step.bind(trainer);
        trainer.step = async (batches, rates) => {
          const report = await step(batches, rates);
          return ++at === 6 ? { ...report, loss: NaN } : report;
        };
        return trainer;
      },
    });
    const error = await assertRejects(
      () => trainRecipe(TINY, { ...PLAIN, mode: "fresh" }, tools),
      StageDivergedError,
      "tiny diverged in stage 1 at step 4: loss NaN",
    );
    assertEquals(error.at.checkpointStep, 3);
    assertEquals(await weightsIn(model), before);
    await trainRecipe(TINY, PLAIN, tinyTools(folder));
    assertEquals(await weightsIn(model), before);
  }));

Deno.test("trainRecipe refuses a folder in which another process trains", () =>
  inFolder(async (folder) => {
    const tools = tinyTools(folder);
    const state = join(folder, "states", "tiny");
    const code = `
      import { lockState } from "${
      new URL("../../training/state_lock.ts", import.meta.url).href
    }";
      await lockState(${JSON.stringify(state)});
      console.log("locked");
      setTimeout(() => {}, 60_000);`;
    const child = new Deno.Command(Deno.execPath(), {
      args: ["eval", "--no-lock", code],
      stdout: "piped",
    }).spawn();
    for await (const _ of child.stdout) break;
    await assertRejects(
      () => trainRecipe(TINY, PLAIN, tools),
      StateLockedError,
    );
    child.kill("SIGKILL");
    await child.status;
    using _lock = await lockState(state);
  }));

Deno.test("measureStep leaves the trainer as it was", () =>
  inFolder(async (folder) => {
    const setup = await setUpRecipe(TINY, tinyTools(folder));
    const trainer = new FakeTrainer();
    const before = trainer.saveState();
    const tokens = Int32Array.of(3, 4, 5);
    const limits = new Int32Array(3).fill(3);
    const rates = { learningRate: 1, beta1: 0, beta2: 0, epsilon: 1, clip: 0 };
    const rows = [{ sequence: 0, row: 1, target: 9, hard: 1 }];
    const cost = await measureStep(trainer, {
      identity: setup.identities[0]!,
      steps: 6,
      rates: () => rates,
      batches: () => [{ sequences: [{ tokens, limits }], rows }],
    }, setup);
    assertEquals(trainer.saveState(), before);
    assertNotEquals(trainer.gradients().get("w"), new Float32Array(8));
    assertEquals(cost.tokens, 3);
    const { hiddenSize, mlpSize, layers } = TINY.shape;
    const linear = layers * hiddenSize * (4 * hiddenSize + 3 * mlpSize);
    const attention = layers * 2 * 3 * hiddenSize;
    assertEquals(
      cost.flops,
      3 * 2 * (3 * (linear + attention) + setup.config.vocabSize * hiddenSize),
    );
  }));
