/**
 * Which weight files a checkpoint folder consists of.
 *
 * @module
 */
import { CheckpointError } from "./errors.ts";
import { readJsonIfPresent } from "./json_file.ts";

const SINGLE = "model.safetensors";
const INDEX = "model.safetensors.index.json";

/**
 * File names of the weights: `model.safetensors`, or the shards that the index names, in order. Needs read permission.
 *
 * @throws {CheckpointError} When there are neither weights nor an index, the index is malformed, or a shard is missing.
 */
export async function shardNames(directory: string): Promise<string[]> {
  const index = await readJsonIfPresent(`${directory}/${INDEX}`);
  const names = index === undefined
    ? [SINGLE]
    : namesInIndex(index, `${directory}/${INDEX}`);
  const missing: string[] = [];
  for (const name of names) {
    if (!await isFile(`${directory}/${name}`)) missing.push(name);
  }
  if (missing.length > 0) {
    const why = index === undefined
      ? `nor is there ${INDEX}`
      : `but ${INDEX} names them: download them too`;
    throw new CheckpointError(
      `${directory} lacks ${missing.join(", ")}, ${why}`,
      missing,
    );
  }
  return names;
}

function namesInIndex(index: unknown, path: string): string[] {
  const map = (index as { weight_map?: unknown } | null)?.weight_map;
  const names = typeof map === "object" && map !== null
    ? Object.values(map)
    : [];
  const valid = names.length > 0 &&
    names.every((name) =>
      typeof name === "string" && /^[^/\\]+\.safetensors$/.test(name)
    );
  if (!valid) {
    throw new CheckpointError(
      `${path} has no "weight_map" from tensor names to .safetensors files beside it`,
      [path],
    );
  }
  return [...new Set(names as string[])].sort();
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isFile;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
