/**
 * Directories laid out as golden data, made from random weights of any shape by the plain TypeScript model. Used by tests only.
 *
 * @module
 */
import { diffusionSpec } from "../../decoding/model_kind.ts";
import { dirname } from "node:path";
import { writeCheckpoint } from "../../model/_checkpoint_files.ts";
import {
  type NetworkShape,
  randomSource,
  type RandomSourceOptions,
} from "../../model/random_model.ts";
import { ReferenceModel } from "../../model/reference_model.ts";
import { sha256 } from "../golden_archive.ts";
import { filesUnder } from "../golden_archive_pack.ts";
import { goldenRun } from "./_golden_json.ts";
import { type WindowRequest, windowRequest } from "./forward.ts";
import type { GoldenTraceFile } from "./trace_file.ts";
import { familyStyle, runTrace } from "./trace_run.ts";

/** Writes a JSON file and its folder. */
export async function writeJson(path: string, value: unknown): Promise<void> {
  await Deno.mkdir(dirname(path), { recursive: true });
  await Deno.writeTextFile(path, JSON.stringify(value));
}

/** Writes a `.npy` file of little-endian float32. */
export async function writeNpy(
  path: string,
  { shape, data }: {
    readonly shape: readonly number[];
    readonly data: Float32Array;
  },
): Promise<void> {
  await Deno.mkdir(dirname(path), { recursive: true });
  const dims = shape.length === 1 ? `${shape[0]},` : shape.join(", ");
  const text = new TextEncoder().encode(
    `{'descr': '<f4', 'fortran_order': False, 'shape': (${dims}), }\n`,
  );
  const bytes = new Uint8Array(10 + text.length + data.byteLength);
  bytes.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, text.length]);
  bytes.set(text, 10);
  bytes.set(
    new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
    10 + text.length,
  );
  await Deno.writeFile(path, bytes);
}

/** Writes `MANIFEST.json` for what the folder holds. */
export async function writeManifest(folder: string): Promise<void> {
  const entries: Record<string, unknown> = {};
  for (const { path, bytes } of await filesUnder(folder)) {
    if (path === "MANIFEST.json") continue;
    entries[path] = { bytes: bytes.length, sha256: await sha256(bytes) };
  }
  await writeJson(`${folder}/MANIFEST.json`, entries);
}

/** Writes a checkpoint with random weights; the model that computes as it should. */
export async function writeModel(
  folder: string,
  given: {
    readonly name: string;
    readonly shape: NetworkShape;
    readonly random?: RandomSourceOptions;
    readonly shards?: number;
  },
): Promise<ReferenceModel> {
  const source = randomSource(given.shape, given.random);
  const path = `${folder}/checkpoints/${given.name}`;
  await Deno.mkdir(path, { recursive: true });
  await writeCheckpoint(path, source, { shards: given.shards ?? 1 });
  const { ids, vocabSize } = source.config;
  await writeJson(`${path}/toy_vocab.json`, {
    bos: ids.bos,
    eos: ids.eos,
    mask: ids.mask,
    id_to_string: Array.from(
      { length: vocabSize },
      (_, id) => String.fromCharCode(0x4e00 + id),
    ),
  });
  return new ReferenceModel(source);
}

/** Writes the arrays of `logits/<name>/`: without cache, with a growing one, with prefix and dual caches. */
export async function writeLogits(
  folder: string,
  { name, model }: { readonly name: string; readonly model: ReferenceModel },
): Promise<void> {
  const spec = diffusionSpec(model.spec);
  const tokens = Array.from(
    { length: 21 },
    (_, i) => (i * 7 + 3) % spec.maskId,
  );
  for (let i = 13; i < 21; i++) tokens[i] = spec.maskId;
  const path = `${folder}/logits/${name}`;
  const meta: Record<string, unknown> = {};
  const save = async (
    file: string,
    about: Record<string, unknown>,
    { data, shape }: { data: Float32Array; shape: readonly number[] },
  ) => {
    meta[file] = { ...about, shape, dtype: "float32" };
    await writeNpy(`${path}/${file}`, { shape, data });
  };
  const open = () => model.open({ maxPositions: 64 });
  const logits = async (session: ReturnType<typeof open>, w: WindowRequest) => {
    const { branches } = await session.forward(windowRequest(spec, w));
    const shape = [1, w.tokens.length, spec.vocabSize];
    return { data: branches[0]!.logits!, shape };
  };
  const blocks = { block_size: 4, prompt_length: 13 };
  const causal = {
    kind: "block-causal",
    promptLength: 13,
    blockSize: 4,
  } as const;
  await save(
    "full-a.npy",
    { input: "a", attention: "full" },
    await logits(open(), { start: 0, tokens }),
  );
  await save(
    "causal-a-bs4.npy",
    { input: "a", attention: "block-causal", ...blocks },
    await logits(open(), { start: 0, tokens, visibility: causal }),
  );
  const cached = open();
  await save(
    "d2fcache-causal-step1.npy",
    {
      ...blocks,
      input_ids: tokens.slice(0, 17),
      start_pos: 0,
      cache_len_before: 0,
      update_kvcache: 13,
      attention: "causal",
    },
    await logits(cached, {
      start: 0,
      tokens: tokens.slice(0, 17),
      visibility: causal,
      commitRows: 13,
    }),
  );
  await save(
    "d2fcache-causal-step2.npy",
    {
      ...blocks,
      input_ids: tokens.slice(13),
      start_pos: 13,
      cache_len_before: 13,
      update_kvcache: 0,
      attention: "causal",
    },
    await logits(cached, {
      start: 13,
      tokens: tokens.slice(13),
      visibility: causal,
      cache: [{ kind: "commit", branch: 0, rows: 13, boundary: true }],
      cached: [{ start: 0, end: 13 }],
    }),
  );
  const dual = open();
  await save(
    "cache-refresh.npy",
    { input_ids: tokens },
    await logits(dual, { start: 0, tokens, commitRows: 21 }),
  );
  await save(
    "cache-dual-step1.npy",
    { input_ids: tokens.slice(13, 17), replaced_positions: [13, 17] },
    await logits(dual, {
      start: 13,
      tokens: tokens.slice(13, 17),
      cache: [{ kind: "commit", branch: 0, rows: 21, boundary: true }],
      cached: [{ start: 0, end: 13 }, { start: 17, end: 21 }],
    }),
  );
  await save(
    "cache-prefix-step.npy",
    { input_ids: tokens.slice(13), cached_positions: [0, 13] },
    await logits(dual, {
      start: 13,
      tokens: tokens.slice(13),
      cached: [{ start: 0, end: 13 }],
    }),
  );
  await writeJson(`${path}/inputs.json`, { inputs: { a: [tokens] } });
  await writeJson(`${path}/meta-a.json`, meta);
}

/** Writes a trace file whose runs the plain TypeScript model decodes. */
export async function writeTraces(
  folder: string,
  given: {
    readonly family: string;
    readonly name: string;
    readonly checkpoint: string;
    readonly model: ReferenceModel;
    readonly setting: GoldenTraceFile["setting"];
    readonly reference?: Partial<GoldenTraceFile["reference"]>;
    readonly prompts: readonly (readonly number[])[];
  },
): Promise<void> {
  const { family, checkpoint, model } = given;
  const vocabulary = {
    bos: 0,
    eos: 0,
    mask: 0,
    id_to_string: Array.from(
      { length: model.spec.vocabSize },
      (_, id) => String.fromCharCode(0x4e00 + id),
    ),
  };
  const file: GoldenTraceFile = {
    setting: given.setting,
    checkpoint,
    reference: { repo: "", file: "", function: "", ...given.reference },
    summary: { runs: given.prompts.length, errors: 0, fragile_runs: 0 },
    runs: [],
  };
  const runs = [];
  for (const prompt_ids of given.prompts) {
    const run = {
      prompt: "",
      prompt_ids,
      steps: [],
      result: { ids: [] },
      fragile: false,
    };
    const loaded = { name: checkpoint, model, vocabulary };
    const trace = await runTrace(loaded, { family, file, run });
    runs.push(goldenRun(trace, familyStyle(family)));
  }
  const path = `${folder}/traces/${family}/${given.name}.json`;
  await writeJson(path, { ...file, runs });
}
