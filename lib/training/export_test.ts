import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { join } from "node:path";
import { buildTokenizer } from "../model/_tokenizer_json.ts";
import { loadCheckpoint } from "../model/checkpoint.ts";
import { CheckpointError, NonFiniteError } from "../model/errors.ts";
import { roundArrayToBf16 } from "../model/float_types.ts";
import { loadModel } from "../model/load_model.ts";
import { shapeConfig, SHAPES } from "../model/random_model.ts";
import { expectedTensors } from "../model/tensor_names.ts";
import { readTensor } from "../model/tensor_source.ts";
import { loadTokenizer } from "../model/tokenizer.ts";
import { modelFiles } from "./export.ts";
import { initialWeights } from "./initial_weights.ts";
import { memorySource } from "./memory_source.ts";
import { replaceFolder } from "./model_folder.ts";
import { StateDamagedError, StateMismatchError } from "./run_errors.ts";
import {
  readStageWeights,
  stageWeightsPath,
  writeStageWeights,
} from "./stage_weights.ts";

const SHAPE = { ...SHAPES.tiny, vocabSize: 320, kvHeads: 4 };

function parts(family: "dream" | "llada" | "qwen2") {
  const { json, config, ids } = buildTokenizer(
    family === "llada" ? "llada" : "dream",
  );
  const shape = shapeConfig({ ...SHAPE, family });
  const mask = ids["<|mask|>"] ?? ids["<|mdm_mask|>"]!;
  const end = ids["<|endoftext|>"]!;
  const bos = ids["<|beginoftext|>"] ?? ids["<|startoftext|>"]!;
  const special = {
    mask: family === "qwen2" ? null : mask,
    eos: end,
    pad: end,
    bos,
  };
  return {
    config: { ...shape, ids: special },
    tokenizer: json,
    tokenizerConfig: config,
  };
}

for (const family of ["qwen2", "dream", "llada"] as const) {
  Deno.test(`modelFiles: loadModel and loadTokenizer read an exported ${family}`, async () => {
    const given = parts(family);
    const weights = initialWeights(given.config, 3);
    const folder = await Deno.makeTempDir();
    await replaceFolder(
      join(folder, "model"),
      modelFiles(weights, given),
    );
    using checkpoint = await loadCheckpoint(join(folder, "model"));
    const { ids, ...network } = checkpoint.config;
    assertEquals(
      { ...network, ids: { ...ids, mask: given.config.ids.mask } },
      given.config,
    );
    for (const [name, values] of weights) {
      assertEquals(
        readTensor(checkpoint, name),
        roundArrayToBf16(values.slice()),
      );
    }
    using model = await loadModel(join(folder, "model"));
    assertEquals(model.spec.family, family);
    assertEquals(model.spec.maskId, given.config.ids.mask);
    const tokenizer = await loadTokenizer(join(folder, "model"));
    assertEquals(tokenizer.decode(tokenizer.encode("hello 12")), "hello 12");
    await Deno.remove(folder, { recursive: true });
  });
}

Deno.test("modelFiles refuses weights of another network and numbers that are not finite", () => {
  const given = parts("llada");
  const weights = initialWeights(given.config, 3);
  const [name] = weights.keys();
  const { length } = weights.get(name!)!;
  const with_ = (values: Float32Array) =>
    modelFiles(new Map([...weights, [name!, values]]), given);
  assertThrows(() => with_(new Float32Array(2)), CheckpointError, name!);
  assertThrows(
    () => with_(new Float32Array(length).fill(NaN)),
    NonFiniteError,
    name!,
  );
  weights.set("another", new Float32Array(1));
  assertThrows(() => modelFiles(weights, given), CheckpointError, "another");
});

Deno.test("initialWeights: deviations by role, a function of the seed alone", () => {
  const config = shapeConfig({ ...SHAPES.small, family: "qwen2" });
  const weights = initialWeights(config, 7);
  const deviation = (name: string) => {
    const values = weights.get(name)!;
    return Math.sqrt(
      values.reduce((sum, value) => sum + value * value, 0) / values.length,
    );
  };
  const near = (name: string, wanted: number) =>
    assert(Math.abs(deviation(name) / wanted - 1) < 0.02, name);
  near("model.embed_tokens.weight", 0.04);
  near("lm_head.weight", 0.04);
  near("model.layers.3.mlp.up_proj.weight", 0.04);
  near("model.layers.3.mlp.down_proj.weight", 0.04 / Math.sqrt(12));
  near("model.layers.0.self_attn.o_proj.weight", 0.04 / Math.sqrt(12));
  assertEquals(deviation("model.norm.weight"), 1);
  assertEquals(deviation("model.layers.5.post_attention_layernorm.weight"), 1);
  assertEquals(deviation("model.layers.5.self_attn.k_proj.bias"), 0);
  const tiny = shapeConfig(SHAPES.tiny);
  const same = initialWeights(tiny, 7).get("lm_head.weight")!;
  assertEquals(initialWeights(tiny, 7).get("lm_head.weight"), same);
  const other = initialWeights(tiny, 8).get("lm_head.weight")!;
  assertEquals(other.some((value, i) => value === same[i]), false);
});

Deno.test("memorySource hands out rows", () => {
  const config = shapeConfig(SHAPES.tiny);
  const weights = initialWeights(config, 1);
  const source = memorySource(weights, { config, digest: "d" });
  for (const [name] of expectedTensors(config)) {
    assertEquals(readTensor(source, name), weights.get(name));
  }
  const name = "lm_head.weight";
  const rows = source.read(name, { begin: 2, count: 3 });
  const width = config.hiddenSize;
  const wanted = weights.get(name)!.slice(2 * width, 5 * width);
  assertEquals(new Float32Array(rows.slice().buffer), wanted);
});

Deno.test("the weights of a stage come back as bfloat16, and not of another recipe or damaged", async () => {
  const folder = await Deno.makeTempDir();
  const config = shapeConfig(SHAPES.tiny);
  const identity = { recipe: "r", digest: "d", stage: 2, seed: 1 };
  const place = { folder, identity, config };
  assertEquals(await readStageWeights(place), null);
  const weights = initialWeights(config, 5);
  await writeStageWeights(place, weights);
  const back = await readStageWeights(place);
  for (const [name, values] of weights) {
    assertEquals(back!.get(name), roundArrayToBf16(values.slice()));
  }
  await assertRejects(
    () =>
      readStageWeights({ ...place, identity: { ...identity, digest: "e" } }),
    StateMismatchError,
    "digest",
  );
  await assertRejects(
    () =>
      readStageWeights({
        ...place,
        config: { ...config, mlpSize: config.mlpSize + 16 },
      }),
    StateMismatchError,
    "mlp",
  );
  const path = stageWeightsPath(place);
  const bytes = await Deno.readFile(path);
  bytes[bytes.length - 9]! ^= 32;
  await Deno.writeFile(path, bytes);
  await assertRejects(() => readStageWeights(place), StateDamagedError, path);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("replaceFolder replaces all files, and keeps the old folder when a file cannot be written", async () => {
  const parent = await Deno.makeTempDir();
  const folder = join(parent, "deep", "model");
  const names = () => [...Deno.readDirSync(folder)].map(({ name }) => name);
  await replaceFolder(folder, new Map([["a", "1"], ["b", "2"]]));
  assertEquals(names().sort(), ["a", "b"]);
  await replaceFolder(folder, new Map([["c", Uint8Array.of(51)]]));
  assertEquals(names(), ["c"]);
  assertEquals(await Deno.readTextFile(join(folder, "c")), "3");
  const bad = new Map([["d", "4"], ["e\0", "5"]]);
  await assertRejects(() => replaceFolder(folder, bad), Error, "Cannot write");
  assertEquals(names(), ["c"]);
  assertEquals([...Deno.readDirSync(join(parent, "deep"))].length, 1);
  await Deno.remove(parent, { recursive: true });
});
