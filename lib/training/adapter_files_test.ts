import { assert, assertEquals, assertThrows } from "@std/assert";
import { NonFiniteError } from "../model/errors.ts";
import { parseLoraConfig } from "../model/lora_config.ts";
import { loadCheckpoint } from "../model/checkpoint.ts";
import { mergeAdapter, mergeFactors } from "../model/lora.ts";
import { targetedModules } from "../model/lora_match.ts";
import { randomSource } from "../model/random_model.ts";
import { readTensor } from "../model/tensor_source.ts";
import { expectedTensors } from "../model/tensor_names.ts";
import {
  adapterFactors,
  adapterFiles,
  type AdapterSettings,
  loraOptions,
  projectionPattern,
} from "./adapter_files.ts";
import { initialAdapters, planAdapters } from "./adapters.ts";
import { TrainerError } from "./errors.ts";
import { modelFiles } from "./export.ts";
import { replaceFolder } from "./model_folder.ts";

const SHAPE = {
  ...{ hiddenSize: 16, layers: 2, heads: 2, kvHeads: 2, mlpSize: 24 },
  vocabSize: 32,
} as const;
const sources = (["llada", "dream"] as const).map((family) =>
  randomSource({ ...SHAPE, family })
);

/** Tensors of an adapter whose product is not zero. */
function tensorsOf(source: typeof sources[0], settings: AdapterSettings) {
  const options = loraOptions(settings);
  const plan = planAdapters(source.config, options);
  return new Map(
    [...initialAdapters(plan, { ...options, seed: 3 })].map((
      [name, values],
    ) => [
      name,
      values.map((value, i) => value + Math.sin(i)),
    ]),
  );
}

Deno.test("the pattern of projections takes the seven of each layer and not the head", () => {
  for (const { config } of sources) {
    const { targets } = loraOptions({
      ...{ rank: 2, alpha: 2, targets: projectionPattern(config) },
    });
    const modules = [...targetedModules(config, { targets }).keys()];
    assertEquals(modules.length, 7 * config.layers);
    assert(modules.every((module) => /\.[01]\./.test(module)));
    const written = parseLoraConfig({
      ...{ peft_type: "LORA", r: 2, lora_alpha: 2 },
      target_modules: projectionPattern(config),
    });
    assertEquals(
      [...targetedModules(config, written).keys()],
      modules,
    );
  }
});

Deno.test("the shipped code's target names adapt four of LLaDA's seven projections, and have to be allowed", () => {
  const [{ config }] = sources as [typeof sources[0]];
  const targets = [
    ...["q_proj", "k_proj", "v_proj", "o_proj"],
    ...["gate_proj", "up_proj", "down_proj"],
  ];
  const settings = { rank: 2, alpha: 2, targets };
  assertThrows(
    () => planAdapters(config, loraOptions(settings)),
    Error,
    "match no module",
  );
  const allowed = { ...settings, allowUnmatched: targets };
  const plan = planAdapters(config, loraOptions(allowed));
  const names = [...plan.pairs.keys()].map((name) => name.split(".").at(-1));
  assertEquals(
    new Set(names),
    new Set(["q_proj", "k_proj", "v_proj", "up_proj"]),
  );
});

Deno.test("an adapter's files merge to the same weights as its factors", async () => {
  for (const source of sources) {
    const { config } = source;
    const settings = {
      ...{ rank: 2, alpha: 6, targets: projectionPattern(config) },
    };
    const tensors = tensorsOf(source, settings);
    const folder = await Deno.makeTempDir();
    const weights = new Map(
      [...expectedTensors(config).keys()].map((
        name,
      ) => [name, readTensor(source, name)]),
    );
    const model = { config, tokenizer: {}, tokenizerConfig: {} };
    await replaceFolder(`${folder}/base`, modelFiles(weights, model));
    const parts = { config, settings, base: "base" };
    await replaceFolder(`${folder}/adapter`, adapterFiles(tensors, parts));
    using base = await loadCheckpoint(`${folder}/base`);
    const fromFiles = await mergeAdapter(base, `${folder}/adapter`);
    const fromFactors = mergeFactors(
      base,
      adapterFactors(tensors, { config, settings }),
      "d",
    );
    let moved = 0;
    for (const name of expectedTensors(config).keys()) {
      const merged = readTensor(fromFiles, name);
      assertEquals(merged, readTensor(fromFactors, name));
      moved += Number(String(merged) !== String(readTensor(base, name)));
    }
    assertEquals(moved, 7 * config.layers);
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("adapterFiles refuses tensors that are not the adapter's, or not finite", () => {
  const [source] = sources as [typeof sources[0]];
  const { config } = source;
  const settings = { rank: 2, alpha: 2, targets: ["q_proj"] };
  const parts = { config, settings, base: "base" };
  const tensors = tensorsOf(source, settings);
  const [name] = [...tensors.keys()];
  const without = new Map(tensors);
  without.delete(name!);
  assertThrows(() => adapterFiles(without, parts), TrainerError, name!);
  tensors.get(name!)![0] = NaN;
  assertThrows(() => adapterFiles(tensors, parts), NonFiniteError, name!);
});
