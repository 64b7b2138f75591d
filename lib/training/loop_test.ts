import {
  assert,
  assertEquals,
  assertGreater,
  assertLess,
  assertRejects,
} from "@std/assert";
import { join } from "node:path";
import { fakeWork, stateDigest } from "./_fake_stage.ts";
import { FakeTrainer } from "./_fake_trainer.ts";
import { readCurve } from "./curve.ts";
import { DivergenceError } from "./errors.ts";
import { curvePath, runStage, type StageProgress } from "./loop.ts";
import {
  StageDivergedError,
  StateDamagedError,
  StateMismatchError,
} from "./run_errors.ts";
import type { Trainer } from "./types.ts";

const STEPS = 12;
const OPTIONS = { average: 0.9 };

async function inFolder(
  test: (folder: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await test(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Digest of the state after a run without a break. */
async function unbroken(): Promise<string> {
  const trainer = new FakeTrainer(OPTIONS);
  await inFolder(async (folder) => {
    const { finished } = await runStage(trainer, fakeWork(), { folder });
    assert(finished);
  });
  return stateDigest(trainer);
}

Deno.test("runStage learns, and its curve tells every step", () =>
  inFolder(async (folder) => {
    const seen: StageProgress[] = [];
    const work = fakeWork({ steps: 60 });
    const outcome = await runStage(new FakeTrainer(), work, {
      folder,
      onStep: (progress) => seen.push(progress),
    });
    const curve = await readCurve(curvePath(folder, 1));
    assertEquals(curve.map(({ step }) => step), seen.map((_, i) => i + 1));
    assertEquals(curve.length, 60);
    assertEquals(outcome.tokens, 60 * 4);
    assertEquals(curve.at(-1)!.tokens, outcome.tokens);
    const mean = (points: typeof curve) =>
      points.reduce((sum, { loss }) => sum + loss, 0) / points.length;
    assertLess(mean(curve.slice(-10)), mean(curve.slice(0, 10)) / 4);
    assertEquals(seen.at(-1)!.secondsLeft, 0);
    assertGreater(seen.at(-1)!.tokensPerSecond, 0);
  }));

Deno.test("runStage stopped by a signal and resumed gives the weights of an unbroken run, and one curve", () =>
  inFolder(async (folder) => {
    const stop = new AbortController();
    const first = await runStage(new FakeTrainer(OPTIONS), fakeWork(), {
      folder,
      signal: stop.signal,
      onStep: ({ point }) => point.step === 5 && stop.abort(),
    });
    assertEquals([first.step, first.finished], [5, false]);
    const trainer = new FakeTrainer(OPTIONS);
    const second = await runStage(trainer, fakeWork(), { folder });
    assertEquals([second.resumedAt, second.step], [5, STEPS]);
    assertEquals(stateDigest(trainer), await unbroken());
    const curve = await readCurve(curvePath(folder, 1));
    assertEquals(
      curve.map(({ step }) => step),
      Array.from({ length: STEPS }, (_, i) => i + 1),
    );
  }));

Deno.test("runStage stops at `until` and goes on from there", () =>
  inFolder(async (folder) => {
    const options = { folder, until: 7 };
    const first = await runStage(
      new FakeTrainer(OPTIONS),
      fakeWork(),
      options,
    );
    assertEquals([first.step, first.finished], [7, false]);
    const trainer = new FakeTrainer(OPTIONS);
    const { step } = await runStage(trainer, fakeWork(), options);
    assertEquals(step, 7);
    await runStage(trainer, fakeWork(), { folder });
    assertEquals(stateDigest(trainer), await unbroken());
  }));

Deno.test("runStage killed without warning resumes to the weights of an unbroken run", () =>
  inFolder(async (folder) => {
    const start = (stepMs: number) =>
      new Deno.Command(Deno.execPath(), {
        args: [
          "run",
          "--no-lock",
          `--allow-read=${folder}`,
          `--allow-write=${folder}`,
          new URL("_fake_stage.ts", import.meta.url).href,
          folder,
          String(STEPS),
          String(stepMs),
        ],
        stdout: "piped",
        stderr: "inherit",
      }).spawn();
    const victim = start(100);
    const decoder = new TextDecoder();
    let printed = "";
    for await (const chunk of victim.stdout) {
      printed += decoder.decode(chunk, { stream: true });
      if (printed.includes("5\n")) break;
    }
    victim.kill("SIGKILL");
    assert(!(await victim.status).success);
    const heir = await start(0).output();
    const lines = decoder.decode(heir.stdout).trim().split("\n");
    assertGreater(Number(lines[0]), 3);
    assertEquals(lines.at(-1), await unbroken());
    const curve = await readCurve(curvePath(folder, 1));
    assertEquals(curve.map(({ step }) => step).at(-1), STEPS);
    assertEquals(curve.length, STEPS);
  }));

Deno.test("runStage goes back to the checkpoint before a damaged one, to the same weights", () =>
  inFolder(async (folder) => {
    for (const until of [4, 8]) {
      const options = { folder, until };
      await runStage(new FakeTrainer(OPTIONS), fakeWork(), options);
    }
    const newest = join(folder, "stage-01-step-0000008.safetensors");
    const bytes = await Deno.readFile(newest);
    bytes[bytes.length - 1]! ^= 1;
    await Deno.writeFile(newest, bytes);
    const warnings: string[] = [];
    const trainer = new FakeTrainer(OPTIONS);
    const { resumedAt } = await runStage(trainer, fakeWork(), {
      folder,
      warn: (text) => warnings.push(text),
    });
    assertEquals([resumedAt, warnings.length], [4, 1]);
    assertEquals(stateDigest(trainer), await unbroken());
  }));

Deno.test("runStage refuses the checkpoint of another recipe, and damaged ones alone", () =>
  inFolder(async (folder) => {
    const run = (digest: string) =>
      runStage(new FakeTrainer(), fakeWork({ digest }), {
        folder,
        until: 4,
        warn: () => {},
      });
    await run("d1");
    await assertRejects(() => run("d2"), StateMismatchError, "digest is d1");
    const only = join(folder, "stage-01-step-0000004.safetensors");
    await Deno.truncate(only, 100);
    await assertRejects(() => run("d1"), StateDamagedError, only);
  }));

Deno.test("runStage stops at a loss that is not finite and keeps the checkpoint before it", () =>
  inFolder(async (folder) => {
    const error = await assertRejects(
      () =>
        runStage(new FakeTrainer({ ...OPTIONS, nanAt: 7 }), fakeWork(), {
          folder,
          checkpointSeconds: 0,
        }),
      StageDivergedError,
      "fake diverged in stage 1 at step 7",
    );
    assertEquals(error.at.checkpointStep, 6);
    const trainer = new FakeTrainer(OPTIONS);
    const { resumedAt } = await runStage(trainer, fakeWork(), { folder });
    assertEquals(resumedAt, 6);
    assertEquals(stateDigest(trainer), await unbroken());
  }));

Deno.test("runStage says in which stage and step a trainer's own divergence was, and passes on other errors", () =>
  inFolder(async (folder) => {
    const failing = (error: Error) => {
      const trainer = new FakeTrainer();
      trainer.step = () => Promise.reject(error);
      return runStage(trainer, fakeWork(), { folder });
    };
    const cause = new DivergenceError("its loss is NaN", {
      batch: 0,
      weightsIntact: true,
    });
    const error = await assertRejects(
      () => failing(cause),
      StageDivergedError,
      "stage 1 at step 1: its loss is NaN",
    );
    assertEquals(error.cause, cause);
    assertEquals(error.at.checkpointStep, 0);
    await assertRejects(
      () => failing(new TypeError("other")),
      TypeError,
      "other",
    );
  }));

Deno.test("runStage evaluates every n steps and after the last, and the curve says so", () =>
  inFolder(async (folder) => {
    const asked: Trainer[] = [];
    await runStage(new FakeTrainer(), fakeWork(), {
      folder,
      evaluate: {
        every: 5,
        run: (trainer) => {
          asked.push(trainer);
          return Promise.resolve({ score: asked.length });
        },
      },
    });
    const curve = await readCurve(curvePath(folder, 1));
    assertEquals(
      curve.flatMap(({ step, dev }) => dev ? [[step, dev.score]] : []),
      [[5, 1], [10, 2], [12, 3]],
    );
  }));

Deno.test("runStage builds the next batch while a step runs, and passes on its failure", () =>
  inFolder(async (folder) => {
    const log: string[] = [];
    const work = fakeWork();
    const trainer = new FakeTrainer();
    const step = trainer.step.bind(trainer);
    trainer.step = async (...given) => {
      log.push("step begins");
      const report = await step(...given);
      log.push("step ends");
      return report;
    };
    const batches = (at: number) => {
      log.push(`batch ${at}`);
      if (at === 3) throw new RangeError("no batch 3");
      return work.batches(at);
    };
    await assertRejects(
      () => runStage(trainer, { ...work, batches }, { folder }),
      RangeError,
      "no batch 3",
    );
    assertEquals(log, [
      "batch 1",
      "step begins",
      "batch 2",
      "step ends",
      "step begins",
      "batch 3",
      "step ends",
    ]);
  }));

Deno.test("runStage warns of a curve that is too short and trains on to the same weights", () =>
  inFolder(async (folder) => {
    await runStage(new FakeTrainer(OPTIONS), fakeWork(), { folder, until: 6 });
    await Deno.remove(curvePath(folder, 1));
    const warnings: string[] = [];
    const trainer = new FakeTrainer(OPTIONS);
    await runStage(trainer, fakeWork(), {
      folder,
      warn: (text) => warnings.push(text),
    });
    assertEquals(warnings.length, 1);
    assertEquals(stateDigest(trainer), await unbroken());
    assertEquals((await readCurve(curvePath(folder, 1)))[0]!.step, 7);
  }));
