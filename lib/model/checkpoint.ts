/**
 * A checkpoint folder in Hugging Face layout: `config.json`, and weights either in `model.safetensors` or in shards listed
 * by `model.safetensors.index.json`.
 *
 * @module
 */
import type { ModelConfig } from "./config.ts";
import { parseConfig } from "./config.ts";
import { digestFiles } from "./digest.ts";
import { CheckpointError, nameSome } from "./errors.ts";
import type { FloatType } from "./float_types.ts";
import { readJson, readJsonIfPresent } from "./json_file.ts";
import type { TensorEntry } from "./safetensors.ts";
import { SafetensorsFile } from "./safetensors_file.ts";
import { locateTensors, type WeightFiles, weightFiles } from "./shards.ts";
import { declaredIds, reconcileIds } from "./special_ids.ts";
import { expectedTensors } from "./tensor_names.ts";
import { rowBytes, type RowRange, type TensorSource } from "./tensor_source.ts";

/** A checkpoint on disk, checked and ready to be read. */
export class Checkpoint implements TensorSource, Disposable {
  /** The folder. */
  readonly directory: string;
  /** The network that `config.json` describes. */
  readonly config: ModelConfig;
  /** SHA-256 over `config.json` and the weight files. */
  readonly digest: string;
  #shards: readonly SafetensorsFile[];
  #home: ReadonlyMap<string, SafetensorsFile>;

  /** Use {@linkcode loadCheckpoint}. */
  constructor(
    directory: string,
    parts: {
      config: ModelConfig;
      digest: string;
      shards: readonly SafetensorsFile[];
      index: WeightFiles["index"];
    },
  ) {
    this.directory = directory;
    this.config = parts.config;
    this.digest = parts.digest;
    this.#shards = parts.shards;
    this.#home = locateTensors(parts.shards, parts.index);
    checkTensors(parts.config, this.#home);
  }

  /** Element type of a tensor. */
  type(name: string): FloatType {
    return this.#entry(name).type;
  }

  /** Little-endian bytes of rows of a tensor. */
  read(name: string, rows: RowRange): Uint8Array {
    const { shape, type } = this.#entry(name);
    const size = rowBytes(shape, type);
    return this.#home.get(name)!.read(name, {
      begin: rows.begin * size,
      bytes: rows.count * size,
    });
  }

  /** Closes the files. Idempotent. */
  close(): void {
    for (const shard of this.#shards) shard.close();
  }

  /** Closes the files. */
  [Symbol.dispose](): void {
    this.close();
  }

  #entry(name: string): TensorEntry {
    const entry = this.#home.get(name)?.tensors.get(name);
    if (!entry) {
      throw new CheckpointError(`${this.directory} has no tensor "${name}"`, [
        name,
      ]);
    }
    return entry;
  }
}

/**
 * Opens a checkpoint folder and checks that it holds exactly the tensors its configuration calls for. Needs read permission.
 *
 * @throws {ConfigError} When `config.json` describes a network not computed here.
 * @throws {SafetensorsError} When a weight file is not what its header says.
 * @throws {CheckpointError} When a file is missing, or tensors are missing, unexpected, misshapen or stored twice.
 */
export async function loadCheckpoint(
  directory: string,
): Promise<Checkpoint> {
  const parsed = parseConfig(
    await readJson(`${directory}/config.json`),
    await readJsonIfPresent(`${directory}/generation_config.json`) ?? {},
  );
  const tokenizer =
    await readJsonIfPresent(`${directory}/tokenizer_config.json`) ?? {};
  const config = {
    ...parsed,
    ids: reconcileIds(parsed.ids, declaredIds(tokenizer)),
  };
  const { names, index } = await weightFiles(directory);
  const files = names.map((name) => `${directory}/${name}`);
  const digest = await digestFiles([`${directory}/config.json`, ...files]);
  const shards: SafetensorsFile[] = [];
  try {
    for (const file of files) shards.push(new SafetensorsFile(file));
    return new Checkpoint(directory, { config, digest, shards, index });
  } catch (error) {
    for (const shard of shards) shard.close();
    throw error;
  }
}

function checkTensors(
  config: ModelConfig,
  home: ReadonlyMap<string, SafetensorsFile>,
): void {
  const expected = expectedTensors(config);
  const missing = [...expected.keys()].filter((name) => !home.has(name));
  if (missing.length > 0) {
    throw new CheckpointError(
      `${missing.length} tensors that config.json calls for are missing: ${
        nameSome(missing)
      }`,
      missing,
    );
  }
  const unexpected = [...home.keys()].filter((name) => !expected.has(name));
  if (unexpected.length > 0) {
    throw new CheckpointError(
      `${unexpected.length} tensors have no place in the network of config.json: ${
        nameSome(unexpected)
      }`,
      unexpected,
    );
  }
  for (const [name, shape] of expected) {
    const found = home.get(name)!.tensors.get(name)!.shape;
    if (String(found) !== String(shape)) {
      throw new CheckpointError(
        `tensor "${name}" has shape [${found}]; config.json calls for [${shape}]`,
        [name],
      );
    }
  }
}
