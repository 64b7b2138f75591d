/**
 * One file that holds a folder: an index line, then the contents one after another, all brotli-compressed.
 *
 * The index is one line of JSON, `{"format":"dllm-lab-archive","version":1,"files":[[path, bytes], ...]}`, paths relative,
 * with `/`, sorted. Equal folders give equal bytes.
 *
 * @module
 */
import { brotliCompressSync, brotliDecompressSync, constants } from "node:zlib";

/** One file of an archive. */
export interface ArchivedFile {
  /** Relative path with `/`. */
  readonly path: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** What is wrong with an archive. */
export type ArchiveFault = "hash" | "format" | "truncated" | "path";

/** An archive that is not what its hash file or its index says. */
export class ArchiveError extends SyntaxError {
  override readonly name = "ArchiveError";
  /** What kind of thing is wrong. */
  readonly fault: ArchiveFault;

  /** `problem` says what was found and what is wanted. */
  constructor(problem: string, { fault }: { readonly fault: ArchiveFault }) {
    super(`golden archive: ${problem}`);
    this.fault = fault;
  }
}

const FORMAT = "dllm-lab-archive";
const VERSION = 1;
/** Far above any sensible content, far below what exhausts a laptop. */
const LARGEST = 256 * 1024 * 1024;

/** Throws unless `path` stays inside the folder that it is unpacked into, on every system. */
function checkPath(path: string): void {
  const parts = path.split("/");
  const safe = parts.every((part) =>
    part !== "" && part !== "." && part !== ".." &&
    // deno-lint-ignore no-control-regex -- control characters are what must not occur
    !/[\\:\x00-\x1f]/.test(part)
  );
  if (!safe) {
    throw new ArchiveError(
      `path ${
        JSON.stringify(path)
      }, wanted a relative path without "..", backslash or colon`,
      { fault: "path" },
    );
  }
}

/** Packs files into an archive. */
export function packArchive(files: readonly ArchivedFile[]): Uint8Array {
  const sorted = files.toSorted((a, b) => a.path < b.path ? -1 : 1);
  for (const { path } of sorted) checkPath(path);
  const index = JSON.stringify({
    format: FORMAT,
    version: VERSION,
    files: sorted.map(({ path, bytes }) => [path, bytes.length]),
  });
  const head = new TextEncoder().encode(index + "\n");
  const size = sorted.reduce((sum, file) => sum + file.bytes.length, 0);
  const plain = new Uint8Array(head.length + size);
  plain.set(head);
  let at = head.length;
  for (const { bytes } of sorted) {
    plain.set(bytes, at);
    at += bytes.length;
  }
  return brotliCompressSync(plain, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: 11,
      [constants.BROTLI_PARAM_LGWIN]: 24,
      [constants.BROTLI_PARAM_SIZE_HINT]: plain.length,
    },
  });
}

function decompress(archive: Uint8Array): Uint8Array<ArrayBuffer> {
  try {
    const plain = brotliDecompressSync(archive, { maxOutputLength: LARGEST });
    return new Uint8Array(plain);
  } catch (cause) {
    throw new ArchiveError(
      `not a whole brotli stream of at most ${LARGEST} bytes: ${
        (cause as Error).message
      }`,
      { fault: "truncated" },
    );
  }
}

function readIndex(plain: Uint8Array): { files: unknown; begin: number } {
  const newline = plain.indexOf(10);
  if (newline < 0) {
    throw new ArchiveError("ends within its index", { fault: "truncated" });
  }
  const line = new TextDecoder().decode(plain.subarray(0, newline));
  let index: Record<string, unknown>;
  try {
    index = Object(JSON.parse(line));
  } catch (cause) {
    throw new ArchiveError(
      `its index is not JSON: ${(cause as Error).message}`,
      { fault: "format" },
    );
  }
  if (index.format !== FORMAT || index.version !== VERSION) {
    throw new ArchiveError(
      `format ${JSON.stringify(index.format)} version ${
        JSON.stringify(index.version)
      }, wanted "${FORMAT}" version ${VERSION}`,
      { fault: "format" },
    );
  }
  return { files: index.files, begin: newline + 1 };
}

/**
 * Unpacks an archive.
 *
 * @throws {ArchiveError} where it is cut short, is of another format, or names a path outside its folder.
 */
export function unpackArchive(archive: Uint8Array): ArchivedFile[] {
  const plain = decompress(archive);
  const { files, begin } = readIndex(plain);
  if (!Array.isArray(files)) {
    throw new ArchiveError("its index has no list of files", {
      fault: "format",
    });
  }
  let at = begin;
  const seen = new Set<string>();
  const out = files.map((entry): ArchivedFile => {
    const [path, length] = Array.isArray(entry) ? entry : [];
    if (
      typeof path !== "string" || !Number.isSafeInteger(length) || length < 0
    ) {
      throw new ArchiveError(
        `index entry ${JSON.stringify(entry)}, wanted [path, bytes]`,
        { fault: "format" },
      );
    }
    checkPath(path);
    if (seen.has(path)) {
      throw new ArchiveError(`two files ${JSON.stringify(path)}`, {
        fault: "path",
      });
    }
    seen.add(path);
    const bytes = plain.subarray(at, at + length);
    if (bytes.length !== length) {
      throw new ArchiveError(
        `${path} has ${bytes.length} of its ${length} bytes`,
        { fault: "truncated" },
      );
    }
    at += length;
    return { path, bytes };
  });
  if (at !== plain.length) {
    throw new ArchiveError(`${plain.length - at} bytes after the last file`, {
      fault: "format",
    });
  }
  return out;
}
