/** Distillation in moments, in the tiny world of counting. Used by tests only. */
import { join } from "node:path";
import type { Device } from "../../../engine/mod.ts";
import { SILENT } from "../../progress.ts";
import { PLAIN, TINY, TINY_WORLD, tinyTools } from "../_tiny.ts";
import { nativeTrainer } from "../native_trainer.ts";
import { trainRecipe } from "../train.ts";
import type { DistillTools } from "./train.ts";
import type { DistillationRecipe, TrajectoryRecipe } from "./types.ts";
import type { DistillWorld } from "./world.ts";

/** Positions of an answer's canvas. */
const CANVAS = 8;

/** The tiny tasks, judged by equality. */
export const COUNTING: DistillWorld = {
  tasks: new Map([...TINY_WORLD.tasks].map(([name, { digest, example }]) => [
    name,
    {
      ...{ digest, maxNewTokens: CANVAS, available: Infinity },
      prompt: (split, index) =>
        Int32Array.from(Array.from(example(split, index).prompt)),
      right: (split, index, answer) => {
        const { answer: wanted } = example(split, index);
        return Promise.resolve(Array.from(wanted).join() === answer.join());
      },
    },
  ])),
  close: () => Promise.resolve(),
};

/** Its trajectories; whatever ends is kept. */
export const TINY_TRAJECTORIES: TrajectoryRecipe = {
  name: "trajectories-tiny",
  teacher: "tiny",
  decoder: {
    name: "dparallel-dream",
    options: { blockSize: 4, entropyThreshold: -1 },
  },
  ...{ first: 100, problems: 200, mix: { up: 0.75, down: 0.25 } },
  ...{ reject: false, passes: 6 },
};

/** Six steps, looked at after every third. */
export const TINY_DISTILLATION: DistillationRecipe = {
  name: "dparallel-tiny",
  makes: "an adapter for tests",
  base: "tiny",
  trajectories: TINY_TRAJECTORIES,
  objective: {
    canvas: { length: { kind: "region", positions: CANVAS } },
    blockSize: 4,
  },
  adapter: { rank: 2, alpha: 4, targets: "projections", seed: 1 },
  optimiser: { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, decay: 0.01, clip: 1 },
  ...{ steps: 6, epochs: 1, problems: 8, positions: 64, seed: 5 },
  rate: { peak: 3e-3, warmupShare: 0.2 },
  selection: {
    ...{ every: 3, problems: 6, tasks: ["up", "down"] },
    decoder: { name: "dparallel-dream", options: { blockSize: 4 } },
    ...{ option: "entropyThreshold", thresholds: [0.2, 1], operating: 0.2 },
    ...{ speedup: 1.01, lockstep: true },
  },
  precision: "bf16",
};

/** Trains the base that the tiny adapter adapts. */
export async function makeTinyBase(
  device: Device,
  folder: string,
  steps = 60,
): Promise<void> {
  const [stage] = TINY.stages;
  const recipe = { ...TINY, stages: [{ ...stage!, steps, problems: 32 }] };
  const tools = tinyTools(folder, {
    makeTrainer: (parts) => nativeTrainer(device, parts),
  });
  await trainRecipe(recipe, PLAIN, tools);
}

/** Tools that work in a folder. */
export function tinyDistillTools(
  device: Device,
  folder: string,
  change: Partial<DistillTools> = {},
): DistillTools & { readonly said: string[] } {
  const said: string[] = [];
  return {
    device,
    world: COUNTING,
    folderOf: (model) => join(folder, "models", model),
    models: join(folder, "models"),
    states: join(folder, "states"),
    progress: SILENT,
    print: (text) => said.push(text),
    warn: (text) => said.push(text),
    ...change,
    said,
  };
}
