/** Random models of a moment's size under the names of the trained ones, with adapters. Used by tests only. */
import { join } from "node:path";
import { loadCheckpoint } from "../../model/checkpoint.ts";
import { outerModules } from "../../model/tensor_names.ts";
import {
  adapterFiles,
  type AdapterSettings,
  loraOptions,
  projectionPattern,
} from "../../training/adapter_files.ts";
import { initialAdapters, planAdapters } from "../../training/adapters.ts";
import { modelFiles } from "../../training/export.ts";
import { initialWeights } from "../../training/initial_weights.ts";
import { replaceFolder } from "../../training/model_folder.ts";
import { prettyJson } from "../json.ts";
import type { AdapterRecord } from "../recipes/distill/ship.ts";
import { recipeConfig } from "../recipes/setup.ts";
import { taskWorld } from "../recipes/task_world.ts";

const SHAPE = {
  ...{ hiddenSize: 32, layers: 1, heads: 2, kvHeads: 2, mlpSize: 48 },
  ...{ maxPositions: 512, tied: false },
};

/** Writes a random model, e.g. `llada-mini`; `ends`: how many times larger the end of sequence's row of the head is. */
export async function writeSmallModel(
  models: string,
  name: string,
  { seed = 1, ends = 1 }: { readonly seed?: number; readonly ends?: number } =
    {},
): Promise<void> {
  const world = taskWorld();
  const family = name.includes("llada") ? "llada" : "dream";
  const config = recipeConfig({ family, shape: SHAPE }, world);
  const { tokenizer, tokenizerConfig } = world;
  const weights = initialWeights(config, seed);
  const head = weights.get(`${outerModules(config).head}.weight`)!;
  const at = config.ids.eos! * config.hiddenSize;
  for (let i = at; i < at + config.hiddenSize; i++) head[i]! *= ends;
  const parts = { config, tokenizer, tokenizerConfig };
  await replaceFolder(
    join(models, name),
    modelFiles(weights, parts),
  );
}

/** Writes an adapter of it that changes what the model says. */
export async function writeSmallAdapter(
  models: string,
  { name, base, change = {} }: {
    readonly name: string;
    readonly base: string;
    readonly change?: Partial<AdapterRecord>;
  },
): Promise<void> {
  using checkpoint = await loadCheckpoint(join(models, base));
  const { config, digest: baseDigest } = checkpoint;
  const settings: AdapterSettings = {
    ...{ rank: 2, alpha: 8, targets: projectionPattern(config) },
  };
  const options = { ...loraOptions(settings), seed: name.length };
  const first = initialAdapters(planAdapters(config, options), options);
  const tensors = new Map(
    [...first].map(([name, values]) => [
      name,
      values.map((value, i) => value + 0.3 * Math.sin(i)),
    ]),
  );
  const files = adapterFiles(tensors, { config, settings, base });
  const record: AdapterRecord = {
    ...{ recipe: name, base, baseDigest, trajectories: "t" },
    ...{ steps: 3, wanted: 3, kept: 3, points: [], ...change },
  };
  files.set("training.json", prettyJson(record));
  await replaceFolder(join(models, name), files);
}
