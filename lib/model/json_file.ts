/**
 * JSON files of a checkpoint folder.
 *
 * @module
 */
import { CheckpointError } from "./errors.ts";

/**
 * Reads and parses a JSON file. Needs read permission.
 *
 * @throws {CheckpointError} When the file is missing or holds no JSON.
 */
export async function readJson(path: string): Promise<unknown> {
  const json = await readJsonIfPresent(path);
  if (json === undefined) {
    throw new CheckpointError(
      `${path} is missing; name a folder in Hugging Face layout`,
      [path],
    );
  }
  return json;
}

/**
 * Reads and parses a JSON file; `undefined` where there is no such file.
 *
 * @throws {CheckpointError} When the file holds no JSON.
 */
export async function readJsonIfPresent(path: string): Promise<unknown> {
  let text: string;
  try {
    text = await Deno.readTextFile(path);
  } catch (error) {
    if (
      error instanceof Deno.errors.NotFound ||
      error instanceof Deno.errors.NotADirectory
    ) return undefined;
    throw error;
  }
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new CheckpointError(
      `${path} holds no valid JSON (${(cause as Error).message})`,
      [path],
    );
  }
}
