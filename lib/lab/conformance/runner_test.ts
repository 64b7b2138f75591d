import { assertEquals, assertStringIncludes } from "@std/assert";
import { library, nativeTest } from "../../engine/_fixture.ts";
import { temporaryFolder } from "../../engine/_temporary.ts";
import { Device } from "../../engine/mod.ts";
import type { NetworkShape } from "../../model/random_model.ts";
import {
  writeLogits,
  writeManifest,
  writeModel,
  writeTraces,
} from "./_synthetic.ts";
import type { CaseOutcome } from "./outcome.ts";
import { directoryCases } from "./runner.ts";

const SHAPES: Readonly<Record<string, NetworkShape>> = {
  "dream-odd": {
    family: "dream",
    hiddenSize: 40,
    layers: 2,
    heads: 4,
    kvHeads: 1,
    mlpSize: 48,
    vocabSize: 37,
    tied: true,
  },
  "llada-odd": {
    family: "llada",
    hiddenSize: 24,
    layers: 1,
    heads: 3,
    kvHeads: 3,
    mlpSize: 33,
    vocabSize: 131,
  },
};

const PROMPTS = [[3, 9, 1, 4], [7, 2, 2, 11, 5, 6]];

async function outcomes(
  folder: string,
  device: Device | null = null,
): Promise<CaseOutcome[]> {
  return await Array.fromAsync(directoryCases(folder, { device }));
}

function failures(all: readonly CaseOutcome[]): string[] {
  return all.filter(({ status }) => status === "failed").map((outcome) => {
    const { where, got } = outcome.differences[0]!;
    return `${outcome.group} | ${outcome.name} | ${where}: ${
      JSON.stringify(got)
    }`;
  });
}

async function writeOddDirectory(folder: string): Promise<void> {
  for (const [name, shape] of Object.entries(SHAPES)) {
    const model = await writeModel(folder, {
      name,
      shape,
      shards: name === "dream-odd" ? 2 : 1,
      random: { seed: 5, type: name === "dream-odd" ? "BF16" : "F32" },
    });
    await writeLogits(folder, { name, model });
    const { maskId, eosId } = model.spec;
    const ids = { mask_token_id: maskId, eos_token_id: eosId };
    const dream = shape.family === "dream";
    await writeTraces(folder, {
      family: dream ? "dream-vanilla" : "llada-fastdllm",
      name: "anything",
      checkpoint: name,
      model,
      prompts: PROMPTS,
      setting: dream
        ? {
          ...ids,
          max_new_tokens: 9,
          steps: 4,
          alg: "topk_margin",
          temperature: 0,
          top_p: 0.9,
          top_k: 7,
          eps: 0.01,
        }
        : {
          ...ids,
          gen_length: 12,
          block_length: 4,
          steps: 6,
          temperature: 0,
          remasking: "low_confidence",
          score: "confidence",
        },
      reference: { function: "generate_with_dual_cache" },
    });
    if (!dream) continue;
    const block = {
      ...ids,
      block_size: 5,
      block_add_threshold: 0.2,
      decoded_token_threshold: 0.8,
      skip_threshold: 0.3,
      sampling_strategy: "neg_entropy",
      use_uncertainty_logic: true,
      use_full_attention: true,
      branching_factor: 3,
      branch_verification_mode: true,
      base_branch_competition: true,
      verification_force_base_winner: false,
      branch_topp: 0.7,
      selection_conf_alpha: 0.25,
      temperature: 0,
      top_p: null,
      top_k: null,
      max_new_tokens: 17,
      max_length: 64,
    };
    await writeTraces(folder, {
      family: "dream-lopa",
      name: "anything",
      checkpoint: name,
      model,
      prompts: PROMPTS,
      setting: block,
    });
  }
  await writeManifest(folder);
}

nativeTest(
  "directoryCases: other checkpoints, shapes, prompts and settings pass on the engine",
  async () => {
    await using folder = await temporaryFolder();
    await writeOddDirectory(folder.path);
    await using device = await Device.open({ library: library!, threads: 2 });
    const all = await outcomes(folder.path, device);
    assertEquals(failures(all), []);
    const groups = Map.groupBy(all, (outcome) => outcome.group);
    assertEquals(
      [...groups].map(([name, { length }]) => [name, length]).slice(1),
      [
        ["checkpoints", 4],
        ["logits/dream-odd", 7],
        ["logits/llada-odd", 7],
        ["traces/dream-lopa", 3],
        ["traces/dream-vanilla", 3],
        ["traces/llada-fastdllm", 3],
      ],
    );
  },
);

Deno.test("directoryCases: what is not known or not as listed fails", async () => {
  await using folder = await temporaryFolder();
  await writeOddDirectory(folder.path);
  const { path } = folder;
  await Deno.mkdir(`${path}/quantisation`);
  await Deno.mkdir(`${path}/traces/new-family`);
  await Deno.copyFile(
    `${path}/traces/dream-lopa/anything.json`,
    `${path}/traces/new-family/one.json`,
  );
  await Deno.mkdir(`${path}/sampling`);
  await Deno.writeTextFile(`${path}/sampling/other.json`, "{}");
  await Deno.mkdir(`${path}/training/dream-odd/empty`, { recursive: true });
  await Deno.mkdir(`${path}/training/dream-odd/one`);
  await Deno.writeTextFile(`${path}/training/dream-odd/one/case.json`, "{}");
  await Deno.copyFile(
    `${path}/logits/dream-odd/full-a.npy`,
    `${path}/logits/dream-odd/more.npy`,
  );
  await Deno.writeTextFile(
    `${path}/checkpoints/dream-odd/toy_vocab.json`,
    "{}",
  );
  const all = await outcomes(path);
  const told = failures(all).join("\n");
  for (
    const wanted of [
      "manifest | checkpoints/dream-odd/toy_vocab.json | bytes: 2",
      'quantisation | quantisation | family: "quantisation"',
      'traces/new-family | one.json | error: "RangeError: family \\"new-family\\" is not known',
      "sampling/other | other.json",
      "training/dream-odd | empty | error",
      'training/dream-odd | one | error: "TypeError: the case has unknown keys [] and lacks [checkpoint',
      'logits/dream-odd | more.npy | kind: "more.npy"',
      "checkpoints | dream-odd loads | mask id: 36",
    ]
  ) assertStringIncludes(told, wanted);
  assertEquals(
    all.filter(({ status }) => status === "skipped").map(({ name }) => name),
    [],
  );
});
