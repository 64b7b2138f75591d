/**
 * Builds the CPU library with the machine's C++ compiler. A library is named by the hash of everything that made it, put
 * together in a temporary folder and moved into place in one step; it is never changed afterwards.
 *
 * @module
 */
import { type Compiler, findCompiler } from "./compiler.ts";
import { NativeBuildError } from "./errors.ts";
import { FFI_URL, listSources, sha256, type SourceFile } from "./sources.ts";

/** How the library is built. */
export interface BuildOptions {
  /** Folder laid out like `ffi/`. Default: the one of this package. */
  readonly root?: URL;
  /** Default: what {@linkcode findCompiler} finds. */
  readonly compiler?: Compiler;
  /** Told about each step. Default: a line on stderr. */
  readonly onProgress?: (line: string) => void;
}

/** A library on disk. */
export interface BuildResult {
  readonly path: string;
  /** Files that had to be compiled; none where everything was there. */
  readonly compiled: readonly string[];
}

const COMPILERS_AT_ONCE = 2;

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

function targetFolder(root: URL): URL {
  return new URL(`build/${Deno.build.target}/`, root);
}

/** File that names the newest build of these sources, whatever the compiler. */
function pointerFile(root: URL, sources: readonly SourceFile[]): URL {
  const key = sha256(sources.flatMap(({ path, hash }) => [path, hash]));
  return new URL(`sources/${key.slice(0, 32)}`, targetFolder(root));
}

async function exists(url: URL): Promise<boolean> {
  try {
    return (await Deno.stat(url)).isFile;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** Path of a library built earlier from exactly the present sources, or `null`. Runs nothing. */
export async function findBuilt(
  options: { root?: URL } = {},
): Promise<string | null> {
  const { root = FFI_URL } = options;
  if (root.protocol !== "file:") return null;
  const pointer = pointerFile(root, await listSources({ root }));
  try {
    const folder = await Deno.readTextFile(pointer);
    const library = new URL(`${folder}/${libraryName()}`, targetFolder(root));
    return await exists(library) ? fromFileUrl(library) : null;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

/** Builds the library unless the same one is there. Rejects with a {@linkcode NativeBuildError}. */
export async function buildLibrary(
  options: BuildOptions = {},
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
  const compiler = options.compiler ?? await findCompiler();
  const target = targetFolder(root);
  await Deno.mkdir(new URL("objects/", target), { recursive: true });
  await Deno.mkdir(new URL("sources/", target), { recursive: true });
  using lock = await Deno.open(new URL(".lock", target), {
    create: true,
    write: true,
  });
  await lock.lock(true);
  const job = new BuildJob(root, { target, compiler, options });
  const folder = job.key(sources.map(({ hash }) => hash));
  const library = new URL(`${folder}/${name}`, target);
  if (!await exists(library)) await job.make(sources, library);
  await writeAtomically(pointerFile(root, sources), folder);
  return { path: fromFileUrl(library), compiled: job.compiled };
}

class BuildJob {
  readonly compiled: string[] = [];
  readonly #root: URL;
  readonly #target: URL;
  readonly #compiler: Compiler;
  readonly #progress: (line: string) => void;

  constructor(
    root: URL,
    given: { target: URL; compiler: Compiler; options: BuildOptions },
  ) {
    this.#root = root;
    this.#target = given.target;
    this.#compiler = given.compiler;
    this.#progress = given.options.onProgress ?? reportOnStderr;
  }

  /** Short hash of some hashes and the compiler. */
  key(hashes: readonly string[]): string {
    const { command, identity } = this.#compiler;
    return sha256([command, identity, ...LINK_FLAGS, ...hashes]).slice(0, 32);
  }

  async make(sources: readonly SourceFile[], library: URL): Promise<void> {
    const objects = await this.#compileAll(sources);
    this.#progress(`linking ${library.pathname.split("/").at(-1)}`);
    const temporary = await Deno.makeTempDir({
      dir: fromFileUrl(this.#target),
      prefix: "tmp-",
    });
    try {
      const built = `${temporary}/${libraryName()}`;
      await this.#run([...LINK_FLAGS, "-o", built, ...objects], "link");
      await Deno.mkdir(new URL(".", library), { recursive: true });
      await Deno.rename(built, library);
    } finally {
      await Deno.remove(temporary, { recursive: true });
    }
  }

  async #compileAll(sources: readonly SourceFile[]): Promise<string[]> {
    const objects = sources.map(({ hash }) =>
      new URL(`objects/${this.key([hash])}.o`, this.#target)
    );
    const waiting = [...sources.entries()];
    const workers = Array.from({ length: COMPILERS_AT_ONCE }, async () => {
      for (let next = waiting.shift(); next; next = waiting.shift()) {
        const [index, source] = next;
        const object = objects[index]!;
        if (await exists(object)) continue;
        const place = `${index + 1}/${sources.length}`;
        this.#progress(`compiling ${place} ${source.path}`);
        await this.#compile(source, object);
      }
    });
    const failed = (await Promise.allSettled(workers)).find((worker) =>
      worker.status === "rejected"
    );
    if (failed) throw failed.reason;
    return objects.map(fromFileUrl);
  }

  async #compile(source: SourceFile, object: URL): Promise<void> {
    const root = fromFileUrl(this.#root);
    const part = `${fromFileUrl(object)}.${crypto.randomUUID()}.part`;
    const includes = [`-I${root}`, `-I${root}cpu`];
    const files = ["-c", root + source.path, "-o", part];
    await this.#run([...source.flags, ...includes, ...files], source.path);
    await Deno.rename(part, object);
    this.compiled.push(source.path);
  }

  async #run(args: string[], what: string): Promise<void> {
    const { command } = this.#compiler;
    const { success, stderr } = await new Deno.Command(command, {
      args,
      stdout: "null",
      stderr: "piped",
    }).output();
    if (success) return;
    const text = new TextDecoder().decode(stderr).trim().slice(0, 2000);
    throw new NativeBuildError(
      `Cannot build the native library: ${command} failed at ${what}:\n${text}`,
    );
  }
}

async function writeAtomically(url: URL, text: string): Promise<void> {
  const path = fromFileUrl(url);
  const part = `${path}.${crypto.randomUUID()}.part`;
  await Deno.writeTextFile(part, text);
  await Deno.rename(part, path);
}

function reportOnStderr(line: string): void {
  // deno-lint-ignore no-console -- progress of a step that takes a minute
  console.error(`native library: ${line}`);
}

function fromFileUrl(url: URL): string {
  return decodeURIComponent(url.pathname);
}
