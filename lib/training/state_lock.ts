/**
 * One process at a time in a folder of training state.
 *
 * @module
 */
import { join } from "node:path";
import { StateLockedError } from "./run_errors.ts";

/**
 * Takes the lock of a folder, which is made where it is missing. The system drops it when the process ends, however it ends.
 * Needs read and write permission for the folder.
 *
 * @returns The lock; disposing it gives the folder free.
 * @throws {StateLockedError} When another process holds it.
 */
export async function lockState(folder: string): Promise<Disposable> {
  await Deno.mkdir(folder, { recursive: true });
  const file = await Deno.open(join(folder, "lock"), {
    create: true,
    write: true,
  });
  if (!await file.tryLock(true)) {
    file.close();
    throw new StateLockedError(folder);
  }
  return file;
}
