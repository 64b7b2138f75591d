/**
 * Packs a folder of golden data into the project's archive:
 *
 *     deno run --allow-read=DIR,... --allow-write=data/golden lib/lab/golden_archive_pack.ts DIR [NAME=FILE ...]
 *
 * `NAME=FILE` adds one more file under the name given.
 *
 * @module
 */
import { GOLDEN_ARCHIVE, GOLDEN_HASH, sha256 } from "./golden_archive.ts";
import { type ArchivedFile, packArchive } from "./golden_archive_format.ts";

/** All files under a folder, with paths relative to it. */
export async function filesUnder(
  folder: string,
  prefix = "",
): Promise<ArchivedFile[]> {
  const files: ArchivedFile[] = [];
  for await (const entry of Deno.readDir(folder)) {
    const path = `${folder}/${entry.name}`, name = `${prefix}${entry.name}`;
    if (entry.isDirectory) files.push(...await filesUnder(path, `${name}/`));
    else files.push({ path: name, bytes: await Deno.readFile(path) });
  }
  return files;
}

async function main(args: readonly string[]): Promise<void> {
  const [folder, ...extra] = args;
  if (folder === undefined) {
    throw new TypeError("no folder given, wanted DIR [NAME=FILE ...]");
  }
  const files = await filesUnder(folder);
  for (const item of extra) {
    const at = item.indexOf("=");
    const path = item.slice(0, at);
    files.push({ path, bytes: await Deno.readFile(item.slice(at + 1)) });
  }
  const archive = new Uint8Array(packArchive(files));
  const data = new URL("../../data/golden/", import.meta.url);
  await Deno.writeFile(new URL(GOLDEN_ARCHIVE, data), archive);
  const hash = await sha256(archive);
  await Deno.writeTextFile(
    new URL(GOLDEN_HASH, data),
    `${hash}  ${GOLDEN_ARCHIVE}\n`,
  );
  console.log(`${files.length} files, ${archive.length} bytes, ${hash}`);
}

if (import.meta.main) await main(Deno.args);
