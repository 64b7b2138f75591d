/**
 * Which weight files a checkpoint folder consists of.
 *
 * @module
 */
import { CheckpointError, nameSome } from "./errors.ts";
import { readJson } from "./json_file.ts";
import type { SafetensorsFile } from "./safetensors_file.ts";

const SINGLE = "model.safetensors";
const INDEX = "model.safetensors.index.json";

/** Weight files of a folder. */
export interface WeightFiles {
  /** File names, in order. */
  readonly names: readonly string[];
  /** File name of each tensor, where an index says so. */
  readonly index: ReadonlyMap<string, string> | null;
}

/**
 * The weight files of a folder: `model.safetensors`, or else the shards that the index names. Needs read permission.
 *
 * @throws {CheckpointError} When there are neither weights nor an index, the index is malformed, or a shard is missing.
 */
export async function weightFiles(directory: string): Promise<WeightFiles> {
  if (await isFile(`${directory}/${SINGLE}`)) {
    return { names: [SINGLE], index: null };
  }
  if (!await isFile(`${directory}/${INDEX}`)) {
    throw new CheckpointError(
      `${directory} has neither ${SINGLE} nor ${INDEX}; name a folder in Hugging Face layout`,
      [SINGLE],
    );
  }
  const index = readIndex(
    await readJson(`${directory}/${INDEX}`),
    `${directory}/${INDEX}`,
  );
  const names = [...new Set(index.values())].sort();
  const missing: string[] = [];
  for (const name of names) {
    if (!await isFile(`${directory}/${name}`)) missing.push(name);
  }
  if (missing.length > 0) {
    throw new CheckpointError(
      `${directory} lacks ${
        nameSome(missing)
      }, which ${INDEX} names: download them too`,
      missing,
    );
  }
  return { names, index };
}

/**
 * Finds each tensor's file, and holds it against the index where there is one.
 *
 * @throws {CheckpointError} When a tensor stands in two files, or not in the file that the index names.
 */
export function locateTensors(
  shards: readonly SafetensorsFile[],
  index: WeightFiles["index"],
): Map<string, SafetensorsFile> {
  const home = new Map<string, SafetensorsFile>();
  for (const shard of shards) {
    for (const name of shard.tensors.keys()) {
      const first = home.get(name);
      if (first) {
        throw new CheckpointError(
          `tensor "${name}" stands in both ${first.path} and ${shard.path}`,
          [name],
        );
      }
      home.set(name, shard);
    }
  }
  const astray = [...index ?? []].filter(([name, file]) =>
    !home.get(name)?.path.endsWith(`/${file}`)
  ).map(([name]) => name);
  if (astray.length > 0) {
    throw new CheckpointError(
      `${astray.length} tensors are not in the shards that ${INDEX} names: ${
        nameSome(astray)
      }`,
      astray,
    );
  }
  return home;
}

function readIndex(json: unknown, path: string): Map<string, string> {
  const map = (json as { weight_map?: unknown } | null)?.weight_map;
  const entries = typeof map === "object" && map !== null
    ? Object.entries(map)
    : [];
  if (
    entries.length === 0 ||
    !entries.every(([_, file]) =>
      typeof file === "string" && /^[^/\\]+\.safetensors$/.test(file)
    )
  ) {
    throw new CheckpointError(
      `${path} has no "weight_map" from tensor names to .safetensors files beside it`,
      [path],
    );
  }
  return new Map(entries as [string, string][]);
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isFile;
  } catch (error) {
    if (
      error instanceof Deno.errors.NotFound ||
      error instanceof Deno.errors.NotADirectory
    ) return false;
    throw error;
  }
}
