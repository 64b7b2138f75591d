/**
 * Builds the library that puts ranks into several processes, `ffi/mpi/`, with the compiler of the machine's MPI: on first use,
 * named by what made it, as the engine itself.
 *
 * @module
 */
import {
  BuildJob,
  type BuildJobOptions,
  pathOf,
  targetFolder,
} from "./_build_job.ts";
import { recallBuild, rememberBuild, reportOnStderr } from "./build.ts";
import { findCompiler } from "./compiler.ts";
import { COMPILE_FLAGS, FFI_URL, readSource } from "./sources.ts";

/** The compiler that comes with an MPI and knows where its headers and libraries are. */
export const MPI_COMPILER = "mpicxx";

/** What to do on a machine without MPI. */
export const MPI_REMEDY =
  "Install Open MPI - Debian and Ubuntu: `apt install libopenmpi-dev openmpi-bin`, Fedora: " +
  "`dnf install openmpi-devel`, macOS: `brew install open-mpi` - or stay within one process: `loadParallelModel` needs none";

const NAME = "libdllm_mpi.so";

const SOURCES = ["cpu/failure.cpp", "mpi/mpi.cpp"];

const LINK_FLAGS = Deno.build.os === "linux"
  ? ["-shared", "-Wl,--no-undefined"]
  : ["-shared"];

/**
 * Builds the library unless the same one is there.
 *
 * @returns Its path.
 * @throws {NativeBuildError} Where there is no MPI to compile with, with the remedy.
 */
export async function buildMpiLibrary(
  options: Partial<BuildJobOptions> = {},
): Promise<string> {
  const { root = FFI_URL, onProgress = reportOnStderr } = options;
  const sources = await Promise.all(
    SOURCES.map((path) => readSource(path, { root, flags: COMPILE_FLAGS })),
  );
  if (options.compiler === undefined) {
    // Every process of a job comes here: none of them is to try the compiler again.
    const known = await recallBuild({ root, sources, name: NAME });
    if (known !== null) return known;
  }
  const compiler = options.compiler ??
    await findCompiler({ commands: [MPI_COMPILER], remedy: MPI_REMEDY });
  using job = await BuildJob.start({ root, compiler, onProgress });
  const key = job.key([...LINK_FLAGS, ...sources.map(({ hash }) => hash)]);
  const library = new URL(`${key}/${NAME}`, targetFolder(root));
  await job.make(library, { sources, linkFlags: LINK_FLAGS });
  await rememberBuild({ root, sources }, key);
  return pathOf(library);
}
