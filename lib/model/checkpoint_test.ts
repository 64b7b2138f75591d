import {
  assertEquals,
  assertNotEquals,
  assertRejects,
  assertThrows,
} from "@std/assert";
import { temporaryFolder } from "../engine/_temporary.ts";
import {
  encodeSafetensors,
  type StoredTensor,
  storedTensors,
  writeCheckpoint,
} from "./_checkpoint_files.ts";
import { loadCheckpoint } from "./checkpoint.ts";
import { CheckpointError, NonFiniteError, SafetensorsError } from "./errors.ts";
import { randomSource } from "./random_model.ts";
import { readTensor } from "./tensor_source.ts";

const SHAPE = {
  family: "llada",
  hiddenSize: 16,
  layers: 2,
  heads: 2,
  kvHeads: 2,
  mlpSize: 20,
  vocabSize: 12,
} as const;
const HEAD = "model.transformer.ff_out.weight";
const source = randomSource(SHAPE);

Deno.test("loadCheckpoint reads the same tensors from one file and from shards", async () => {
  await using one = await temporaryFolder();
  await using many = await temporaryFolder();
  await writeCheckpoint(one.path, source);
  await writeCheckpoint(many.path, source, { shards: 3 });
  using single = await loadCheckpoint(one.path);
  using sharded = await loadCheckpoint(many.path);
  assertEquals(single.config, sharded.config);
  assertNotEquals(single.digest, sharded.digest);
  for (const [name, { bytes, shape }] of storedTensors(source)) {
    for (const checkpoint of [single, sharded]) {
      assertEquals(
        checkpoint.read(name, { begin: 0, count: shape[0]! }),
        bytes,
      );
    }
  }
  const width = 4 * SHAPE.hiddenSize;
  assertEquals(
    sharded.read(HEAD, { begin: 3, count: 2 }),
    source.read(HEAD, { begin: 3, count: 2 }),
  );
  assertEquals(sharded.read(HEAD, { begin: 0, count: 12 }).length, 12 * width);
  assertThrows(
    () => single.read(HEAD, { begin: 11, count: 2 }),
    RangeError,
    "has no bytes",
  );
  assertThrows(
    () => single.read("lm_head.weight", { begin: 0, count: 1 }),
    CheckpointError,
    "lm_head.weight",
  );
});

Deno.test("loadCheckpoint widens bf16 and f16 to what was stored", async () => {
  for (const type of ["BF16", "F16"] as const) {
    await using folder = await temporaryFolder();
    await writeCheckpoint(folder.path, randomSource(SHAPE, { type }));
    using checkpoint = await loadCheckpoint(folder.path);
    const exact = readTensor(source, HEAD);
    readTensor(checkpoint, HEAD).forEach((value, i) => {
      assertEquals(
        Math.abs(value - exact[i]!) <= Math.abs(exact[i]!) / 256,
        true,
      );
    });
  }
});

Deno.test("loadCheckpoint takes beginning and padding ids from tokenizer_config.json", async () => {
  await using folder = await temporaryFolder();
  await writeCheckpoint(folder.path, source);
  const tokenizer = {
    added_tokens_decoder: {
      "3": { content: "<bos>" },
      "4": { content: "<pad>" },
      "5": { content: "<eos>" },
    },
    bos_token: "<bos>",
    pad_token: { content: "<pad>" },
    eos_token: "<eos>",
  };
  await Deno.writeTextFile(
    `${folder.path}/tokenizer_config.json`,
    JSON.stringify(tokenizer),
  );
  using checkpoint = await loadCheckpoint(folder.path);
  assertEquals(checkpoint.config.ids, { mask: 11, eos: 10, pad: 4, bos: 3 });
});

/** A folder whose weights were changed before they were written. */
async function refuses(
  change: (tensors: Map<string, StoredTensor>) => void,
  wanted: { readonly message: string; readonly names: readonly string[] },
): Promise<void> {
  await using folder = await temporaryFolder();
  await writeCheckpoint(folder.path, source);
  const tensors = storedTensors(source);
  change(tensors);
  await Deno.writeFile(
    `${folder.path}/model.safetensors`,
    encodeSafetensors(tensors),
  );
  const error = await assertRejects(
    () => loadCheckpoint(folder.path),
    CheckpointError,
    wanted.message,
  );
  assertEquals(error.names, wanted.names);
}

Deno.test("loadCheckpoint names missing, unexpected and misshapen tensors", async () => {
  const extra = { dtype: "F32", shape: [1], bytes: new Uint8Array(4) } as const;
  await refuses((tensors) => tensors.delete(HEAD), {
    message: "1 tensors that config.json calls for are missing",
    names: [HEAD],
  });
  await refuses((tensors) => tensors.set("x", extra), {
    message: "1 tensors have no place",
    names: ["x"],
  });
  await refuses((tensors) => tensors.set(HEAD, extra), {
    message: "has shape [1]; config.json calls for [12,16]",
    names: [HEAD],
  });
});

Deno.test("loadCheckpoint names missing files", async () => {
  await using folder = await temporaryFolder();
  await assertRejects(
    () => loadCheckpoint(folder.path),
    CheckpointError,
    "config.json is missing",
  );
  await assertRejects(
    () => loadCheckpoint(`${folder.path}/nowhere`),
    CheckpointError,
    "config.json is missing",
  );
  await writeCheckpoint(folder.path, source, { shards: 2 });
  const shard = "model-00002-of-00002.safetensors";
  await Deno.remove(`${folder.path}/${shard}`);
  const error = await assertRejects(
    () => loadCheckpoint(folder.path),
    CheckpointError,
    "download them too",
  );
  assertEquals(error.names, [shard]);
  await Deno.remove(`${folder.path}/model.safetensors.index.json`);
  await assertRejects(
    () => loadCheckpoint(folder.path),
    CheckpointError,
    "neither model.safetensors nor",
  );
  await Deno.writeTextFile(`${folder.path}/config.json`, "{");
  await assertRejects(
    () => loadCheckpoint(folder.path),
    CheckpointError,
    "no valid JSON",
  );
});

Deno.test("loadCheckpoint names a tensor in two shards, and shards that the index gets wrong", async () => {
  await using folder = await temporaryFolder();
  await writeCheckpoint(folder.path, source, { shards: 2 });
  const all = encodeSafetensors(storedTensors(source));
  const path = (n: number) =>
    `${folder.path}/model-0000${n}-of-00002.safetensors`;
  const [first, second] = [
    await Deno.readFile(path(1)),
    await Deno.readFile(path(2)),
  ];
  await Deno.writeFile(path(2), all);
  await assertRejects(
    () => loadCheckpoint(folder.path),
    CheckpointError,
    "stands in both",
  );
  await Deno.writeFile(path(1), second);
  await Deno.writeFile(path(2), first);
  await assertRejects(
    () => loadCheckpoint(folder.path),
    CheckpointError,
    "are not in the shards",
  );
  for (
    const weight_map of [undefined, {}, { a: 3 }, { a: "../up.safetensors" }, {
      a: "model.bin",
    }]
  ) {
    await Deno.writeTextFile(
      `${folder.path}/model.safetensors.index.json`,
      JSON.stringify({ weight_map }),
    );
    await assertRejects(
      () => loadCheckpoint(folder.path),
      CheckpointError,
      'no "weight_map"',
    );
  }
});

Deno.test("loadCheckpoint refuses a truncated weight file and closes the others", async () => {
  await using folder = await temporaryFolder();
  await writeCheckpoint(folder.path, source, { shards: 2 });
  const path = `${folder.path}/model-00002-of-00002.safetensors`;
  const bytes = await Deno.readFile(path);
  await Deno.writeFile(path, bytes.subarray(0, bytes.length - 1));
  await assertRejects(
    () => loadCheckpoint(folder.path),
    SafetensorsError,
    "cut short",
  );
});

Deno.test("readTensor names the entry that is NaN or infinite", async () => {
  await using folder = await temporaryFolder();
  const tensors = storedTensors(source);
  const norm = "model.transformer.ln_f.weight";
  new DataView(tensors.get(norm)!.bytes.buffer).setFloat32(4 * 5, NaN, true);
  await writeCheckpoint(folder.path, source);
  await Deno.writeFile(
    `${folder.path}/model.safetensors`,
    encodeSafetensors(tensors),
  );
  using checkpoint = await loadCheckpoint(folder.path);
  assertThrows(
    () => readTensor(checkpoint, norm),
    NonFiniteError,
    `"${norm}" holds NaN at entry 5`,
  );
});
