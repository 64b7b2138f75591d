/**
 * A folder of golden data, read by relative paths.
 *
 * @module
 */
import { join } from "node:path";
import { type NpyArray, parseNpy } from "./npy.ts";

/** A folder laid out as the golden data's README says. */
export class GoldenDirectory {
  /** Where it is. */
  readonly path: string;

  /** Names the folder; nothing is read yet. */
  constructor(path: string) {
    this.path = path;
  }

  /** Absolute or working-folder-relative path of an entry. */
  resolve(relative: string): string {
    return join(this.path, relative);
  }

  /** Names in a folder, sorted, with what they are; empty where there is no such folder. */
  async list(
    relative: string,
  ): Promise<readonly { readonly name: string; readonly folder: boolean }[]> {
    const entries: { name: string; folder: boolean }[] = [];
    try {
      for await (const entry of Deno.readDir(this.resolve(relative))) {
        const { isDirectory } = entry.isSymlink
          ? await Deno.stat(this.resolve(join(relative, entry.name)))
          : entry;
        entries.push({ name: entry.name, folder: isDirectory });
      }
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
    return entries.sort((a, b) => a.name < b.name ? -1 : 1);
  }

  /** Names of the folders in a folder. */
  async folders(relative: string): Promise<string[]> {
    const entries = await this.list(relative);
    return entries.filter((entry) => entry.folder).map((entry) => entry.name);
  }

  /** Names of the files in a folder. */
  async files(relative: string): Promise<string[]> {
    const entries = await this.list(relative);
    return entries.filter((entry) => !entry.folder).map((entry) => entry.name);
  }

  /** A file's bytes. */
  bytes(relative: string): Promise<Uint8Array<ArrayBuffer>> {
    return Deno.readFile(this.resolve(relative));
  }

  /** A file's JSON, as the layout declares it. */
  async json<T>(relative: string): Promise<T> {
    const text = await Deno.readTextFile(this.resolve(relative));
    try {
      return JSON.parse(text) as T;
    } catch (cause) {
      throw new SyntaxError(`${relative}: ${(cause as Error).message}`);
    }
  }

  /** An array file. */
  async npy(relative: string): Promise<NpyArray> {
    return parseNpy(await this.bytes(relative), relative);
  }
}
