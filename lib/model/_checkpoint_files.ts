/** Checkpoint folders for tests: safetensors files and configurations written from any source of tensors. Used by tests only. */
import { configJson } from "./config_json.ts";
import {
  encodeSafetensors,
  safetensorsFile,
  type StoredTensor,
} from "./safetensors_write.ts";
import { expectedTensors } from "./tensor_names.ts";
import type { TensorSource } from "./tensor_source.ts";

export { configJson, encodeSafetensors, safetensorsFile, type StoredTensor };

/** All tensors of a source. */
export function storedTensors(source: TensorSource): Map<string, StoredTensor> {
  return new Map(
    [...expectedTensors(source.config)].map(([name, shape]) => [name, {
      dtype: source.type(name),
      shape,
      bytes: source.read(name, { begin: 0, count: shape[0]! }),
    }]),
  );
}

/** Writes a checkpoint folder, in `shards` files (default 1). */
export async function writeCheckpoint(
  folder: string,
  source: TensorSource,
  options: {
    readonly shards?: number;
    readonly config?: Record<string, unknown>;
  } = {},
): Promise<void> {
  const { shards = 1 } = options;
  const config = { ...configJson(source.config), ...options.config };
  await Deno.writeTextFile(`${folder}/config.json`, JSON.stringify(config));
  const tensors = [...storedTensors(source)];
  if (shards === 1) {
    return await Deno.writeFile(
      `${folder}/model.safetensors`,
      encodeSafetensors(new Map(tensors)),
    );
  }
  const names: Record<string, string> = {};
  for (let shard = 0; shard < shards; shard++) {
    const file = `model-0000${shard + 1}-of-0000${shards}.safetensors`;
    const part = tensors.filter((_, i) => i % shards === shard);
    for (const [name] of part) names[name] = file;
    await Deno.writeFile(`${folder}/${file}`, encodeSafetensors(new Map(part)));
  }
  await Deno.writeTextFile(
    `${folder}/model.safetensors.index.json`,
    JSON.stringify({ metadata: {}, weight_map: names }),
  );
}
