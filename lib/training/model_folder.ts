/**
 * Folders that are replaced as a whole.
 *
 * @module
 */
import { basename, dirname, join } from "node:path";
import { FileWriteError, writeAtomically } from "./atomic.ts";

/**
 * Writes files beside the folder and puts them in its place when all are on the disk. Whoever looks sees the old folder or the
 * new one, or, for the moment between two renames, none; never a mixture. Needs read and write permission for the parent.
 *
 * @param folder Made where it is missing; everything in it goes.
 * @param files Content by file name.
 * @throws {DiskFullError} When there is no room; the old folder stays.
 * @throws {FileWriteError} When it cannot be written for another reason.
 */
export async function replaceFolder(
  folder: string,
  files: ReadonlyMap<string, string | Uint8Array>,
): Promise<void> {
  const beside = (kind: string) =>
    join(
      dirname(folder),
      `.${kind}-${basename(folder)}-${crypto.randomUUID()}`,
    );
  const fresh = beside("new"), old = beside("old");
  try {
    for (const [name, content] of files) {
      await writeAtomically(join(fresh, name), content);
    }
    const replaced = await moved(folder, old);
    await Deno.rename(fresh, folder);
    if (replaced) await Deno.remove(old, { recursive: true });
  } catch (error) {
    await Deno.remove(fresh, { recursive: true }).catch(() => {});
    if (error instanceof FileWriteError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new FileWriteError(folder, reason, error);
  }
}

/** Renames a folder; whether there was one. */
async function moved(from: string, to: string): Promise<boolean> {
  try {
    await Deno.rename(from, to);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
