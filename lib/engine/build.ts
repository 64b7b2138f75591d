/**
 * Builds the CPU library with the machine's C++ compiler. A library is named by the hash of everything that made it, put
 * together in a temporary folder and moved into place in one step; it is never changed afterwards.
 *
 * @module
 */
import {
  BuildJob,
  isFile,
  pathOf,
  targetFolder,
  writeAtomically,
} from "./_build_job.ts";
import { type Compiler, findCompiler } from "./compiler.ts";
import { NativeBuildError } from "./errors.ts";
import { FFI_URL, listSources, sha256, type SourceFile } from "./sources.ts";

/** How the library is built. */
export interface BuildLibraryOptions {
  /** Folder laid out like `ffi/`. Default: the one of this package. */
  readonly root?: URL;
  /** Default: what {@linkcode findCompiler} finds. */
  readonly compiler?: Compiler;
  /** Told about each step. Default: a line on stderr. */
  readonly onProgress?: (line: string) => void;
}

/** A library on disk. */
export interface BuildResult {
  /** Path of the library. */
  readonly path: string;
  /** Files that had to be compiled; none where everything was there. */
  readonly compiled: readonly string[];
}

/** A symbol that no object defines is an error here, not when the library is opened. */
const LINK_FLAGS = Deno.build.os === "linux"
  ? ["-shared", "-pthread", "-Wl,--no-undefined"]
  : ["-shared", "-pthread"];

/** File name of the library on this system. */
export function libraryName(os: string = Deno.build.os): string {
  if (os === "windows") {
    throw new NativeBuildError(
      "Cannot build the native library on Windows: this release supports Linux and macOS. Use WSL",
    );
  }
  return os === "darwin" ? "libdllm_cpu.dylib" : "libdllm_cpu.so";
}

/** File that names the newest build of these sources, whatever the compiler. */
function pointerFile(root: URL, sources: readonly SourceFile[]): URL {
  const key = sha256(sources.flatMap(({ path, hash }) => [path, hash]));
  return new URL(`sources/${key.slice(0, 32)}`, targetFolder(root));
}

/** Sources of a library on disk, and its file name. */
export interface BuiltFrom {
  readonly root: URL;
  readonly sources: readonly SourceFile[];
  readonly name: string;
}

/** Path of a library built earlier from exactly these sources, or `null`. Runs nothing. */
export async function recallBuild(
  { root, sources, name }: BuiltFrom,
): Promise<string | null> {
  try {
    const folder = await Deno.readTextFile(pointerFile(root, sources));
    const library = new URL(`${folder}/${name}`, targetFolder(root));
    return await isFile(library) ? pathOf(library) : null;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

/** Keeps in mind that these sources were built into `folder`. */
export async function rememberBuild(
  { root, sources }: Omit<BuiltFrom, "name">,
  folder: string,
): Promise<void> {
  await writeAtomically(pointerFile(root, sources), folder);
}

/** Path of a library built earlier from exactly the present sources, or `null`. Runs nothing. */
export async function findBuilt(
  options: { root?: URL } = {},
): Promise<string | null> {
  const { root = FFI_URL } = options;
  if (root.protocol !== "file:") return null;
  const sources = await listSources({ root });
  return await recallBuild({ root, sources, name: libraryName() });
}

/** Builds the library unless the same one is there. Rejects with a {@linkcode NativeBuildError}. */
export async function buildLibrary(
  options: BuildLibraryOptions = {},
): Promise<BuildResult> {
  const { root = FFI_URL } = options;
  if (root.protocol !== "file:") {
    throw new NativeBuildError(
      `Cannot build the native library from ${root.href}: want a folder on disk. Clone the repository`,
    );
  }
  const name = libraryName();
  const sources = await listSources({ root });
  if (sources.length === 0) {
    throw new NativeBuildError(
      `Cannot build the native library: no .cpp file in ${
        new URL("cpu/", root).pathname
      }`,
    );
  }
  using job = await BuildJob.start({
    root,
    compiler: options.compiler ?? await findCompiler(),
    onProgress: options.onProgress ?? reportOnStderr,
  });
  const folder = job.key([...LINK_FLAGS, ...sources.map(({ hash }) => hash)]);
  const library = new URL(`${folder}/${name}`, targetFolder(root));
  await job.make(library, { sources, linkFlags: LINK_FLAGS });
  await rememberBuild({ root, sources }, folder);
  return { path: pathOf(library), compiled: job.compiled.toSorted() };
}

/** A line on stderr. */
export function reportOnStderr(line: string): void {
  console.error(`native library: ${line}`);
}
