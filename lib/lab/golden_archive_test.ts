import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import fc from "fast-check";
import { brotliCompressSync } from "node:zlib";
import { temporaryFolder } from "../engine/_temporary.ts";
import {
  GOLDEN_ARCHIVE,
  GOLDEN_HASH,
  goldenDirectory,
  sha256,
  unpackGolden,
} from "./golden_archive.ts";
import {
  type ArchivedFile,
  ArchiveError,
  type ArchiveFault,
  packArchive,
  unpackArchive,
} from "./golden_archive_format.ts";
import { filesUnder } from "./golden_archive_pack.ts";

function file(path: string, content: string): ArchivedFile {
  return { path, bytes: new TextEncoder().encode(content) };
}

const FILES = [
  file("b/c/d.txt", "deep"),
  file("a.json", "{}"),
  file("b/e", ""),
];

function refused(archive: Uint8Array, fault: ArchiveFault): void {
  const error = assertThrows(() => unpackArchive(archive), ArchiveError);
  assertEquals((error as ArchiveError).fault, fault);
}

function stored(index: unknown, content = ""): Uint8Array {
  return brotliCompressSync(
    new TextEncoder().encode(JSON.stringify(index) + "\n" + content),
  );
}

const HEAD = { format: "dllm-lab-archive", version: 1 };

Deno.test("packArchive: files come back, sorted, and their order does not change the bytes", () => {
  const archive = packArchive(FILES);
  assertEquals(unpackArchive(archive), [FILES[1], FILES[0], FILES[2]]);
  assertEquals(packArchive(FILES.toReversed()), archive);
  assertEquals(unpackArchive(packArchive([])), []);
});

Deno.test("unpackArchive: paths that leave the folder are refused", () => {
  const paths = [
    "../x",
    "/x",
    "a/../../x",
    "a\\..\\x",
    "C:/x",
    "",
    "a//b",
    "./a",
    "a\0",
  ];
  for (const path of paths) {
    refused(stored({ ...HEAD, files: [[path, 0]] }), "path");
    assertThrows(() => packArchive([file(path, "")]), ArchiveError, "path");
  }
  refused(stored({ ...HEAD, files: [["a", 0], ["a", 0]] }), "path");
});

Deno.test("unpackArchive: other formats and lying indexes are refused", () => {
  refused(stored({ ...HEAD, version: 2, files: [] }), "format");
  refused(stored({ format: "tar", version: 1, files: [] }), "format");
  refused(stored(null), "format");
  refused(stored({ ...HEAD }), "format");
  refused(stored({ ...HEAD, files: [["a"]] }), "format");
  refused(stored({ ...HEAD, files: [["a", -1]] }), "format");
  refused(stored({ ...HEAD, files: [["a", 2]] }, "xyz"), "format");
  refused(stored({ ...HEAD, files: [["a", 4]] }, "xyz"), "truncated");
  refused(brotliCompressSync(new TextEncoder().encode("no json\n")), "format");
});

Deno.test("unpackArchive: any cut or changed byte gives the files or an ArchiveError", () => {
  const archive = packArchive(FILES);
  for (let end = 0; end < archive.length; end++) {
    refused(archive.slice(0, end), "truncated");
  }
  fc.assert(
    fc.property(
      fc.nat({ max: archive.length - 1 }),
      fc.nat({ max: 255 }),
      (at, byte) => {
        const bad = archive.slice();
        bad[at] = byte;
        try {
          for (const { path } of unpackArchive(bad)) assert(path !== "");
        } catch (error) {
          assert(error instanceof ArchiveError, String(error));
        }
      },
    ),
    { numRuns: 500, seed: 4 },
  );
});

async function writeArchive(folder: URL, hash?: string): Promise<string> {
  const archive = new Uint8Array(packArchive(FILES));
  const wanted = hash ?? await sha256(archive);
  await Deno.writeFile(new URL(GOLDEN_ARCHIVE, folder), archive);
  await Deno.writeTextFile(new URL(GOLDEN_HASH, folder), `${wanted}  x\n`);
  return wanted;
}

Deno.test("unpackGolden: unpacks once, by hash, also when several do so at once", async () => {
  await using folder = await temporaryFolder();
  const options = { data: folder.url, cache: new URL("cache/", folder.url) };
  const hash = await writeArchive(folder.url);
  const all = await Promise.all([1, 2, 3, 4].map(() => unpackGolden(options)));
  for (const url of all) assertEquals(url.href, `${options.cache}${hash}/`);
  const [first] = all;
  const found = await filesUnder(first!.pathname.slice(0, -1));
  assertEquals(
    found.toSorted((a, b) => a.path < b.path ? -1 : 1),
    [FILES[1]!, FILES[0]!, FILES[2]!],
  );
  const left = await Array.fromAsync(Deno.readDir(options.cache));
  assertEquals(left.map((entry) => entry.name), [hash]);
});

Deno.test("unpackGolden: an archive with another hash is refused and nothing is left behind", async () => {
  await using folder = await temporaryFolder();
  const options = { data: folder.url, cache: new URL("cache/", folder.url) };
  await writeArchive(folder.url, "0".repeat(64));
  await assertRejects(
    () => unpackGolden(options),
    ArchiveError,
    "restore it from version control",
  );
  await writeArchive(folder.url, "not a hash");
  await assertRejects(() => unpackGolden(options), ArchiveError, "SHA-256");
  await assertRejects(() => Deno.stat(options.cache), Deno.errors.NotFound);
});

Deno.test("goldenDirectory: the project's archive is at most 9 MB and lists what it holds", async () => {
  const folder = await goldenDirectory();
  const size = (await Deno.stat(
    new URL(`../../data/golden/${GOLDEN_ARCHIVE}`, import.meta.url),
  )).size;
  assert(size <= 9_000_000, `${size} bytes`);
  const listed = JSON.parse(await Deno.readTextFile(`${folder}/MANIFEST.json`));
  const found = (await filesUnder(folder)).map((file) => file.path);
  assertEquals(
    found.filter((path) =>
      path !== "MANIFEST.json" && path !== "toy/lopa_toy_vectors.json"
    ).toSorted(),
    Object.keys(listed).toSorted(),
  );
});
