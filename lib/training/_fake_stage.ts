/** A stage for the fake trainer. Used by tests only; as a program (FOLDER STEPS STEP_MS) it can be killed. */
import { createHash } from "node:crypto";
import { counterUniforms } from "../decoding/random.ts";
import { FakeTrainer } from "./_fake_trainer.ts";
import { runStage, type StageWork } from "./loop.ts";

/** Batches of a few rows, drawn from the step's number. */
export function fakeWork(
  options: { readonly steps?: number; readonly digest?: string } = {},
): StageWork {
  const { steps = 12, digest = "d1" } = options;
  const uniforms = counterUniforms(5);
  return {
    identity: { recipe: "fake", digest, stage: 1, seed: 5 },
    steps,
    rates: (step) => ({
      learningRate: 0.1 * Math.min(1, step / 3),
      beta1: 0.9,
      beta2: 0.95,
      epsilon: 1e-8,
      clip: 1,
    }),
    batches: (step) => {
      const tokens = Int32Array.from(
        { length: 4 },
        (_, sample) =>
          Math.floor(
            100 *
              uniforms({
                round: step,
                branch: 0,
                position: sample,
                purpose: "token",
              }),
          ),
      );
      return [{
        sequences: [{ tokens, limits: new Int32Array(4).fill(4) }],
        rows: Array.from(
          tokens,
          (token, row) => ({
            sequence: 0,
            row,
            target: token % 8,
            hard: 0.25,
          }),
        ),
      }];
    },
  };
}

/** SHA-256 over all that a trainer keeps. */
export function stateDigest(trainer: FakeTrainer): string {
  const { step, weights, moment1, moment2, average } = trainer.saveState();
  const hash = createHash("sha256").update(String(step));
  for (const array of [weights, moment1, moment2, average]) {
    if (array) hash.update(new Uint8Array(array.buffer));
  }
  return hash.digest("hex");
}

if (import.meta.main) {
  const [folder, steps, stepMs] = Deno.args as [string, string, string];
  const trainer = new FakeTrainer({ average: 0.9, stepMs: Number(stepMs) });
  const encoder = new TextEncoder();
  const print = (line: string) =>
    void Deno.stdout.writeSync(encoder.encode(`${line}\n`));
  await runStage(trainer, fakeWork({ steps: Number(steps) }), {
    folder,
    checkpointSeconds: 0,
    onStep: ({ point }) => print(String(point.step)),
  });
  print(stateDigest(trainer));
}
