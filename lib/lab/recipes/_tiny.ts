/** A recipe that trains in moments, in a world of its own. Used by tests; as a program (FOLDER) it can be killed. */
import { join } from "node:path";
import { Device } from "../../engine/mod.ts";
import { buildTokenizer } from "../../model/_tokenizer_json.ts";
import { FakeTrainer } from "../../training/_fake_trainer.ts";
import { expectedTensors } from "../../model/tensor_names.ts";
import { readTensor } from "../../model/tensor_source.ts";
import { stepDraws } from "../../training/draws.ts";
import { SILENT } from "../progress.ts";
import { nativeTrainer } from "./native_trainer.ts";
import type { TrainerParts, TrainRequest, TrainTools } from "./request.ts";
import { trainRecipe } from "./train.ts";
import type { Recipe, Stage } from "./types.ts";
import type { RecipeWorld } from "./world.ts";

const { json, config, ids } = buildTokenizer("dream");

/** Two tasks of counting: the answer to a number is its successors. */
export const TINY_WORLD: RecipeWorld = {
  tasks: new Map(["up", "down"].map((name, t) => [name, {
    digest: `${name}-1`,
    example(split, index) {
      const draws = stepDraws({ seed: split === "train" ? 1 : 2, step: index });
      const first = 40 + Math.floor(20 * draws("first"));
      const length = 2 + Math.floor(5 * draws("length"));
      const next = (i: number) => t === 0 ? first + i : first - i;
      const answer = Array.from({ length }, (_, i) => next(i + 1));
      return {
        prompt: [ids["<|beginoftext|>"]!, first],
        answer: [...answer, ids["<|endoftext|>"]!],
      };
    },
  }])),
  ids: {
    mask: ids["<|mask|>"]!,
    eos: ids["<|endoftext|>"]!,
    pad: ids["<|endoftext|>"]!,
    bos: ids["<|beginoftext|>"]!,
  },
  size: Math.max(...Object.values(ids)) + 1,
  tokenizer: json,
  tokenizerConfig: config,
};

const STAGE: Stage = {
  steps: 6,
  problems: 8,
  positions: 60,
  seed: 1,
  rate: { peak: 1e-2, warmup: 2 },
  mix: { up: 0.75, down: 0.25 },
};

/** A masked diffusion model of one layer, in two stages of six steps. */
export const TINY: Recipe = {
  name: "tiny",
  makes: "a model for tests",
  family: "dream",
  base: null,
  seed: 1,
  shape: {
    hiddenSize: 32,
    layers: 1,
    heads: 2,
    kvHeads: 2,
    mlpSize: 48,
    maxPositions: 64,
    tied: false,
  },
  objective: {
    kind: "masked-diffusion",
    options: { canvas: { length: { kind: "tail", most: 4, block: 4 } } },
  },
  optimiser: { beta1: 0.9, beta2: 0.95, epsilon: 1e-8, decay: 0.1, clip: 1 },
  average: 0.8,
  stages: [STAGE, { ...STAGE, seed: 2 }],
};

/** The same made block-causal, with `tiny` as its teacher. */
export const TINY_D2F: Recipe = {
  ...TINY,
  name: "d2f-tiny",
  base: "tiny",
  objective: { kind: "d2f", options: { blockSizes: [4] } },
};

/** What is asked for where nothing is. */
export const PLAIN: TrainRequest = {
  steps: null,
  mode: "continue",
  dryRun: false,
  out: null,
};

/** Tools that work in a folder, with fake trainers. */
export function tinyTools(
  folder: string,
  change: Partial<TrainTools> = {},
): TrainTools & { readonly said: string[] } {
  const said: string[] = [];
  return {
    world: TINY_WORLD,
    models: join(folder, "models"),
    states: join(folder, "states"),
    makeTrainer: fakeTrainer,
    threads: 1,
    progress: SILENT,
    print: (text) => said.push(text),
    warn: (text) => said.push(text),
    ...change,
    said,
  };
}

/** A fake trainer with the tensors of the source. */
export function fakeTrainer(
  { source, recipe }: TrainerParts,
): Promise<FakeTrainer> {
  const names = [...expectedTensors(source.config).keys()];
  const start = new Map(names.map((name) => [name, readTensor(source, name)]));
  const { average } = recipe;
  return Promise.resolve(
    new FakeTrainer({ start, ...(average === null ? {} : { average }) }),
  );
}

if (import.meta.main) {
  const [folder] = Deno.args as [string];
  const encoder = new TextEncoder();
  const print = (text: string) =>
    void Deno.stdout.writeSync(encoder.encode(`${text}\n`));
  await using device = await Device.open({ threads: 2 });
  const progress = {
    update: ({ done }: { done: number }) => print(`step ${done}`),
    finish: () => {},
  };
  const tools = tinyTools(folder, {
    makeTrainer: (parts) => nativeTrainer(device, parts),
    checkpointSeconds: 0,
    progress,
  });
  const recipe = {
    ...TINY,
    stages: TINY.stages.map((stage) => ({ ...stage, steps: 30 })),
  };
  await trainRecipe(recipe, PLAIN, tools);
}
