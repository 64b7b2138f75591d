/**
 * From one folder to a model: a checkpoint, or an adapter that lies beside its base.
 *
 * @module
 */
import { basename, dirname, join } from "node:path";
import { readJsonIfPresent } from "../../model/json_file.ts";
import { UsageError } from "../command_line.ts";

/** Folders of a model. */
export interface ModelPlace {
  /** Its checkpoint. */
  readonly base: string;
  /** Its LoRA adapter, or `null`. */
  readonly adapter: string | null;
}

/**
 * Where a model's parts lie. A folder with an `adapter_config.json` and no `config.json` is an adapter; its base is the folder of
 * that name beside it. Needs read permission.
 *
 * @param adapter Folder of an adapter for a checkpoint, or `null`.
 * @throws {UsageError} When the base of an adapter is not there, or an adapter is to be adapted.
 */
export async function modelPlace(
  folder: string,
  adapter: string | null = null,
): Promise<ModelPlace> {
  const own = await readJsonIfPresent(join(folder, "adapter_config.json"));
  const config = await readJsonIfPresent(join(folder, "config.json"));
  if (own === undefined || config !== undefined) {
    return { base: folder, adapter };
  }
  if (adapter !== null) {
    throw new UsageError(
      `Cannot use ${adapter} on ${folder}: that is an adapter itself; name its base`,
    );
  }
  const { base_model_name_or_path: name } = own as {
    readonly base_model_name_or_path?: unknown;
  };
  const base = join(dirname(folder), basename(String(name ?? "")));
  if (
    typeof name !== "string" ||
    await readJsonIfPresent(join(base, "config.json")) === undefined
  ) {
    throw new UsageError(
      `Cannot find the base of the adapter ${folder}: it names ${name}, and ${base} holds no model; name the base's folder and ` +
        "give the adapter with --adapter",
    );
  }
  return { base, adapter: folder };
}
