/**
 * What the CPU library is compiled from: its sources, the flags of each, and the hashes that name the results.
 *
 * @module
 */
import { createHash } from "node:crypto";

/** Folder of the native sources: the URL of `ffi/` in this package. */
export const FFI_URL: URL = new URL("../../ffi/", import.meta.url);

/** Folders under `ffi/` whose `.cpp` files belong to the library. */
const SOURCE_FOLDERS = ["cpu/", "cpu/gemm/"];

/** Flags of every file. */
export const COMPILE_FLAGS: readonly string[] = [
  "-std=c++20",
  "-O3",
  "-fPIC",
  "-fvisibility=hidden",
  "-ffp-contract=off",
  "-pthread",
];

const AVX512 = ["-mavx512f", "-mavx512bw", "-mavx512dq", "-mavx512vl", "-mfma"];

/** Extra flags by the end of a file's name, for x86-64. */
const ISA_FLAGS: readonly (readonly [string, readonly string[]])[] = [
  ["_avx2.cpp", ["-mavx2", "-mfma", "-mf16c"]],
  ["_avx512.cpp", AVX512],
  ["_avx512bf16.cpp", [...AVX512, "-mavx512bf16"]],
];

/** One file to compile. */
export interface SourceFile {
  /** Path relative to `ffi/`. */
  readonly path: string;
  readonly flags: readonly string[];
  /** SHA-256 of the flags, the file and everything of `ffi/` that it includes, directly or not. */
  readonly hash: string;
}

/** Flags of one source file on a processor architecture. */
export function flagsOf(path: string, arch: string): readonly string[] {
  const isa = ISA_FLAGS.find(([ending]) => path.endsWith(ending));
  if (isa === undefined || arch !== "x86_64") return COMPILE_FLAGS;
  return [...COMPILE_FLAGS, ...isa[1]];
}

/** SHA-256 of some texts, in hexadecimal. */
export function sha256(parts: Iterable<string | Uint8Array>): string {
  const hash = createHash("sha256");
  for (const part of parts) {
    hash.update(`${part.length}:`).update(part);
  }
  return hash.digest("hex");
}

async function readIfThere(url: URL): Promise<string | null> {
  try {
    return await Deno.readTextFile(url);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

/** Adds `path` and every quoted include it reaches to `found`. Includes are looked up beside the file, in `ffi/` and in `ffi/cpu/`. */
async function closure(
  path: string,
  found: Map<string, string>,
  root: URL,
): Promise<void> {
  if (found.has(path)) return;
  const text = await readIfThere(new URL(path, root));
  if (text === null) return;
  found.set(path, text);
  const folder = path.slice(0, path.lastIndexOf("/") + 1);
  for (const [, name] of text.matchAll(/^\s*#\s*include\s*"([^"]+)"/gm)) {
    for (const base of new Set([folder, "", "cpu/"])) {
      const target = new URL(base + name, "file:///").pathname.slice(1);
      await closure(target, found, root);
    }
  }
}

/** Describes one source file as it is now. */
export async function readSource(
  path: string,
  options: { root: URL; arch?: string; flags?: readonly string[] },
): Promise<SourceFile> {
  const { root, arch = Deno.build.arch } = options;
  const flags = options.flags ?? flagsOf(path, arch);
  const files = new Map<string, string>();
  await closure(path, files, root);
  const names = [...files.keys()].sort();
  const parts = names.flatMap((name) => [name, files.get(name)!]);
  return { path, flags, hash: sha256([...flags, ...parts]) };
}

/** Paths of the `.cpp` files directly in a folder under `root`, none where there is no such folder. */
export async function listFolder(folder: string, root: URL): Promise<string[]> {
  const paths: string[] = [];
  try {
    for await (const entry of Deno.readDir(new URL(folder, root))) {
      if (entry.isFile && entry.name.endsWith(".cpp")) {
        paths.push(folder + entry.name);
      }
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return paths.sort();
}

/** Lists the files of the library in a fixed order. */
export async function listSources(
  options: { root?: URL; arch?: string } = {},
): Promise<SourceFile[]> {
  const { root = FFI_URL, arch = Deno.build.arch } = options;
  const paths: string[] = [];
  for (const folder of SOURCE_FOLDERS) {
    paths.push(...await listFolder(folder, root));
  }
  return await Promise.all(
    paths.sort().map((path) => readSource(path, { root, arch })),
  );
}
