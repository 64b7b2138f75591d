/**
 * The golden data that the project carries: one archive in `data/golden`, unpacked by hash into `.cache/golden`.
 *
 * @module
 */
import { fileURLToPath } from "node:url";
import {
  type ArchivedFile,
  ArchiveError,
  unpackArchive,
} from "./golden_archive_format.ts";

/** The archive and the file with its SHA-256, relative to `data/golden`. */
export const GOLDEN_ARCHIVE = "golden.archive.br",
  GOLDEN_HASH = "golden.archive.br.sha256";

const DATA = new URL("../../data/golden/", import.meta.url);
const CACHE = new URL("../../.cache/golden/", import.meta.url);

/** Lower-case hexadecimal SHA-256. */
export async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", bytes);
  return new Uint8Array(digest).toHex();
}

async function exists(folder: URL): Promise<boolean> {
  try {
    return (await Deno.stat(folder)).isDirectory;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

async function writeFiles(
  folder: URL,
  files: readonly ArchivedFile[],
): Promise<void> {
  await Deno.mkdir(folder, { recursive: true });
  for (const { path, bytes } of files) {
    const parts = path.split("/").map(encodeURIComponent);
    const file = new URL(parts.join("/"), folder);
    await Deno.mkdir(new URL(".", file), { recursive: true });
    await Deno.writeFile(file, bytes);
  }
}

/** Options of {@linkcode unpackGolden}. */
export interface UnpackOptions {
  /** Folder of the archive and its hash file. */
  readonly data: URL;
  /** Folder under which the files appear, in a folder named by the hash. */
  readonly cache: URL;
}

/**
 * Unpacks the archive unless that has been done before, and gives the folder. Another process may do the same at the same
 * time; a folder with that name is always complete.
 *
 * @throws {ArchiveError} where the archive does not have the hash beside it, or is damaged.
 */
export async function unpackGolden(options: UnpackOptions): Promise<URL> {
  const recorded = await Deno.readTextFile(new URL(GOLDEN_HASH, options.data));
  const wanted = recorded.trim().split(/\s+/)[0] ?? "";
  if (!/^[0-9a-f]{64}$/.test(wanted)) {
    throw new ArchiveError(
      `${GOLDEN_HASH} holds ${JSON.stringify(wanted)}, wanted a SHA-256`,
      { fault: "hash" },
    );
  }
  const folder = new URL(`${wanted}/`, options.cache);
  if (await exists(folder)) return folder;
  const archive = await Deno.readFile(new URL(GOLDEN_ARCHIVE, options.data));
  const given = await sha256(archive);
  if (given !== wanted) {
    throw new ArchiveError(
      `${GOLDEN_ARCHIVE} has SHA-256 ${given}, wanted ${wanted}; restore it from version control`,
      { fault: "hash" },
    );
  }
  const files = unpackArchive(archive);
  const partial = new URL(
    `${wanted}.partial-${crypto.randomUUID()}/`,
    options.cache,
  );
  try {
    await writeFiles(partial, files);
    await Deno.rename(partial, folder);
  } catch (error) {
    await Deno.remove(partial, { recursive: true }).catch(() => {});
    if (!(await exists(folder))) throw error;
  }
  return folder;
}

/**
 * The project's golden data as a folder, unpacked on first use. Needs read permission for `data/golden` and `.cache/golden`
 * and write permission for `.cache/golden`.
 *
 * @throws {ArchiveError} where the archive is damaged.
 */
export async function goldenDirectory(): Promise<string> {
  const folder = await unpackGolden({ data: DATA, cache: CACHE });
  return fileURLToPath(folder).replace(/[\\/]$/, "");
}
