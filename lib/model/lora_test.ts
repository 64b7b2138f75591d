import {
  assertAlmostEquals,
  assertEquals,
  assertNotEquals,
  assertRejects,
} from "@std/assert";
import { temporaryFolder } from "../engine/_temporary.ts";
import { encodeSafetensors, type StoredTensor } from "./_checkpoint_files.ts";
import { AdapterError } from "./errors.ts";
import { widen } from "./float_types.ts";
import { mergeAdapter } from "./lora.ts";
import { randomSource } from "./random_model.ts";
import { expectedTensors } from "./tensor_names.ts";
import { readTensor, type TensorSource } from "./tensor_source.ts";

const base = randomSource({
  family: "llada",
  hiddenSize: 8,
  layers: 2,
  heads: 2,
  kvHeads: 2,
  mlpSize: 12,
  vocabSize: 10,
});
const PREFIX = "base_model.model.";
const RANK = 2;
const CONFIG = {
  peft_type: "LORA",
  r: RANK,
  lora_alpha: 6,
  bias: "none",
  fan_in_fan_out: false,
  modules_to_save: null,
  target_modules: ["q_proj", "ff_out"],
};

function values(shape: readonly number[], seed: number): StoredTensor {
  const floats = Float32Array.from(
    { length: shape[0]! * shape[1]! },
    (_, i) => ((i * 37 + seed * 11) % 17) / 17 - 0.5,
  );
  return { dtype: "F32", shape, bytes: new Uint8Array(floats.buffer) };
}

/** The pairs of every module whose name ends as a target does. */
function pairs(targets: readonly string[]): Map<string, StoredTensor> {
  const tensors = new Map<string, StoredTensor>();
  for (const [name, shape] of expectedTensors(base.config)) {
    const module = name.replace(/\.weight$/, "");
    if (
      shape.length < 2 ||
      !targets.some((target) => module.endsWith(`.${target}`))
    ) continue;
    tensors.set(
      `${PREFIX}${module}.lora_A.weight`,
      values([RANK, shape[1]!], tensors.size),
    );
    tensors.set(
      `${PREFIX}${module}.lora_B.weight`,
      values([shape[0]!, RANK], tensors.size),
    );
  }
  return tensors;
}

async function merge(
  config: Record<string, unknown>,
  tensors: ReadonlyMap<string, StoredTensor> = pairs(CONFIG.target_modules),
  options: { readonly allowUnmatched?: readonly string[] } = {},
): Promise<TensorSource> {
  await using folder = await temporaryFolder();
  await Deno.writeTextFile(
    `${folder.path}/adapter_config.json`,
    JSON.stringify(config),
  );
  await Deno.writeFile(
    `${folder.path}/adapter_model.safetensors`,
    encodeSafetensors(tensors),
  );
  return await mergeAdapter(base, folder.path, options);
}

async function mergesWith(
  scale: number,
  config: Record<string, unknown>,
): Promise<void> {
  const tensors = pairs(CONFIG.target_modules);
  const merged = await merge(config, tensors);
  for (const [name, shape] of expectedTensors(base.config)) {
    const module = name.replace(/\.weight$/, "");
    const before = readTensor(base, name);
    const after = readTensor(merged, name);
    const stored = tensors.get(`${PREFIX}${module}.lora_A.weight`);
    if (!stored) {
      assertEquals(after, before);
      continue;
    }
    const a = widen(stored.bytes, "F32");
    const b = widen(
      tensors.get(`${PREFIX}${module}.lora_B.weight`)!.bytes,
      "F32",
    );
    const [outputs, inputs] = shape as [number, number];
    for (let j = 0; j < outputs; j++) {
      for (let k = 0; k < inputs; k++) {
        const delta = b[j * RANK]! * a[k]! + b[j * RANK + 1]! * a[inputs + k]!;
        assertAlmostEquals(
          after[j * inputs + k]!,
          before[j * inputs + k]! + scale * delta,
          1e-6,
        );
      }
    }
    const rows = { begin: 3, count: 2 };
    assertEquals(
      widen(merged.read(name, rows), "F32"),
      after.slice(3 * inputs, 5 * inputs),
    );
  }
}

Deno.test("mergeAdapter adds alpha / r B A to the targets and leaves the rest alone", async () => {
  await mergesWith(3, CONFIG);
});

Deno.test("mergeAdapter scales rank-stabilised adapters by alpha / sqrt(r)", async () => {
  await mergesWith(6 / Math.SQRT2, { ...CONFIG, use_rslora: true });
});

Deno.test("mergeAdapter takes target patterns, and all-linear without the head", async () => {
  await merge({ ...CONFIG, target_modules: String.raw`.*\.(q_proj|ff_out)` });
  const linear = [
    "q_proj",
    "k_proj",
    "v_proj",
    "attn_out",
    "ff_proj",
    "up_proj",
    "ff_out",
  ];
  const tensors = pairs(linear);
  for (const side of ["A", "B"]) {
    tensors.delete(`${PREFIX}model.transformer.ff_out.lora_${side}.weight`);
  }
  await merge({ ...CONFIG, target_modules: "all-linear" }, tensors);
});

Deno.test("mergeAdapter makes a digest of base and adapter", async () => {
  const merged = await merge(CONFIG);
  assertEquals(merged.digest.length, 64);
  assertEquals(merged.digest, (await merge(CONFIG)).digest);
  assertNotEquals(
    merged.digest,
    (await merge({ ...CONFIG, lora_alpha: 7 })).digest,
  );
});

Deno.test("mergeAdapter refuses target names that match nothing, unless they are named", async () => {
  const target_modules = [...CONFIG.target_modules, "o_proj", "gate_proj"];
  const error = await assertRejects(
    () => merge({ ...CONFIG, target_modules }),
    AdapterError,
    "it has q_proj, k_proj, v_proj, attn_out, ff_proj, up_proj, ff_out",
  );
  assertEquals(error.names, ["o_proj", "gate_proj"]);
  await merge({ ...CONFIG, target_modules }, pairs(CONFIG.target_modules), {
    allowUnmatched: ["o_proj", "gate_proj"],
  });
});

Deno.test("mergeAdapter names tensors that fit nothing, lack their pair or have a wrong shape", async () => {
  const q = `${PREFIX}model.transformer.blocks.1.q_proj.lora_B.weight`;
  const stray = `${PREFIX}model.transformer.blocks.7.q_proj.lora_A.weight`;
  const tensors = pairs(CONFIG.target_modules);
  const changed = (change: (tensors: Map<string, StoredTensor>) => void) => {
    const copy = new Map(tensors);
    change(copy);
    return () => merge(CONFIG, copy);
  };
  const missing = await assertRejects(
    changed((t) => t.delete(q)),
    AdapterError,
    "it lacks tensors",
  );
  assertEquals(missing.names, [q]);
  const extra = await assertRejects(
    changed((t) => t.set(stray, values([2, 8], 0))),
    AdapterError,
    "tensors that fit nothing",
  );
  assertEquals(extra.names, [stray]);
  const misshapen = await assertRejects(
    changed((t) => t.set(q, values([8, 3], 0))),
    AdapterError,
    "rank 2 calls for [8,2]",
  );
  assertEquals(misshapen.names, [q]);
});

Deno.test("mergeAdapter refuses adapters of another kind by key", async () => {
  const faults: [string, unknown][] = [
    ["peft_type", "LOHA"],
    ["bias", "all"],
    ["fan_in_fan_out", true],
    ["use_dora", true],
    ["modules_to_save", ["lm_head"]],
    ["rank_pattern", { q_proj: 4 }],
    ["alpha_pattern", { q_proj: 4 }],
    ["layers_to_transform", [0]],
    ["r", 0],
    ["lora_alpha", undefined],
    ["target_modules", []],
    ["target_modules", null],
  ];
  for (const [key, value] of faults) {
    const error = await assertRejects(
      () => merge({ ...CONFIG, [key]: value }),
      AdapterError,
      key,
    );
    assertEquals(error.names, [key]);
  }
});
