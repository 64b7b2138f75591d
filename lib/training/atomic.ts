/**
 * Files that are either whole or absent.
 *
 * @module
 */
import { dirname, join } from "node:path";

/** Thrown when a file could not be written; nothing of it is left behind. */
export class FileWriteError extends Error {
  /** Name of the class. */
  override name = "FileWriteError";
  /** The file that was to be written. */
  readonly path: string;
  /** Builds the error; `path`: the file; `reason`: what stood in the way; `cause`: the system's error. */
  constructor(path: string, reason: string, cause: unknown) {
    super(`Cannot write "${path}": ${reason}`, { cause });
    this.path = path;
  }
}

/** Thrown when the disk or the quota is full. */
export class DiskFullError extends FileWriteError {
  /** Name of the class. */
  override name = "DiskFullError";
}

/** Options of {@linkcode writeAtomically}. */
export interface WriteAtomicallyOptions {
  /** Writes all of `data`; replaceable to test failures. */
  readonly write?: (file: Deno.FsFile, data: Uint8Array) => Promise<void>;
}

async function writeAll(file: Deno.FsFile, data: Uint8Array): Promise<void> {
  for (let at = 0; at < data.length;) at += await file.write(data.subarray(at));
}

async function syncFolder(folder: string): Promise<void> {
  if (Deno.build.os === "windows") return;
  using handle = await Deno.open(folder);
  await handle.sync();
}

function failure(path: string, error: unknown, bytes: number): FileWriteError {
  const code = (error as { code?: string }).code;
  if (code === "ENOSPC" || code === "EDQUOT") {
    const reason =
      `found no space left for ${bytes} bytes; free some and run again, finished work is kept`;
    return new DiskFullError(path, reason, error);
  }
  const reason = error instanceof Error ? error.message : String(error);
  return new FileWriteError(path, reason, error);
}

/**
 * Writes a file through a temporary twin in the same folder, synchronised and renamed, so that a reader sees the old file,
 * the new one or none. Makes the folder. Throws {@linkcode DiskFullError} or {@linkcode FileWriteError}. Needs read and
 * write permission for the folder.
 */
export async function writeAtomically(
  path: string,
  data: string | Uint8Array,
  options: WriteAtomicallyOptions = {},
): Promise<void> {
  const bytes = typeof data === "string"
    ? new TextEncoder().encode(data)
    : data;
  const folder = dirname(path);
  const temporary = join(folder, `.tmp-${crypto.randomUUID()}`);
  try {
    await Deno.mkdir(folder, { recursive: true });
    {
      using file = await Deno.open(temporary, { write: true, createNew: true });
      await (options.write ?? writeAll)(file, bytes);
      await file.sync();
    }
    await Deno.rename(temporary, path);
    await syncFolder(folder);
  } catch (error) {
    await Deno.remove(temporary).catch(() => {});
    throw failure(path, error, bytes.length);
  }
}
