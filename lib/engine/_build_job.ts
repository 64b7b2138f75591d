/** Compiles sources into cached objects and links them; shared by the library and the fuzzing program. Internal to the engine. */
import type { Compiler } from "./compiler.ts";
import { NativeBuildError } from "./errors.ts";
import { readSource, sha256, type SourceFile } from "./sources.ts";

const COMPILERS_AT_ONCE = 2;

/** Path of a file URL. */
export function pathOf(url: URL): string {
  return decodeURIComponent(url.pathname);
}

/** Whether there is a file at a URL. */
export async function isFile(url: URL): Promise<boolean> {
  try {
    return (await Deno.stat(url)).isFile;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** Writes a file beside its place and moves it there. */
export async function writeAtomically(url: URL, text: string): Promise<void> {
  const part = `${pathOf(url)}.${crypto.randomUUID()}.part`;
  await Deno.writeTextFile(part, text);
  await Deno.rename(part, pathOf(url));
}

/** What a job works with. */
export interface BuildJobOptions {
  /** Folder laid out like `ffi/`. */
  readonly root: URL;
  readonly compiler: Compiler;
  readonly onProgress: (line: string) => void;
}

/** Folder of all that is built for this machine's target. */
export function targetFolder(root: URL): URL {
  return new URL(`build/${Deno.build.target}/`, root);
}

/** One build, alone in its folder as long as it runs. */
export class BuildJob implements Disposable {
  /** Files compiled so far. */
  readonly compiled: string[] = [];
  readonly #options: BuildJobOptions;
  readonly #target: URL;
  readonly #lock: Deno.FsFile;

  private constructor(options: BuildJobOptions, lock: Deno.FsFile) {
    this.#options = options;
    this.#target = targetFolder(options.root);
    this.#lock = lock;
  }

  /** Waits for other builds in the same folder, in this process or another. */
  static async start(options: BuildJobOptions): Promise<BuildJob> {
    const target = targetFolder(options.root);
    for (const folder of ["objects/", "sources/"]) {
      await Deno.mkdir(new URL(folder, target), { recursive: true });
    }
    const lock = await Deno.open(new URL(".lock", target), {
      create: true,
      write: true,
    });
    await lock.lock(true);
    return new BuildJob(options, lock);
  }

  /** Lets the next build in. */
  [Symbol.dispose](): void {
    this.#lock.close();
  }

  /** Short hash of the compiler and of what it is given. */
  key(parts: readonly string[]): string {
    const { command, identity } = this.#options.compiler;
    return sha256([command, identity, ...parts]).slice(0, 32);
  }

  /** Makes the file `output` of the sources unless it is there; it appears all at once. */
  async make(
    output: URL,
    given: { sources: readonly SourceFile[]; linkFlags: readonly string[] },
  ): Promise<void> {
    if (await isFile(output)) return;
    const objects = await this.#compileAll(given.sources);
    const name = output.pathname.split("/").at(-1)!;
    this.#options.onProgress(`linking ${name}`);
    const folder = await Deno.makeTempDir({
      dir: pathOf(this.#target),
      prefix: "tmp-",
    });
    try {
      const built = `${folder}/${name}`;
      await this.#run([...objects, "-o", built, ...given.linkFlags], "link");
      await Deno.mkdir(new URL(".", output), { recursive: true });
      await Deno.rename(built, output);
    } finally {
      await Deno.remove(folder, { recursive: true });
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
        if (await isFile(objects[index]!)) continue;
        const place = `${index + 1}/${sources.length}`;
        this.#options.onProgress(`compiling ${place} ${source.path}`);
        await this.#compile(source, objects[index]!);
      }
    });
    const ends = await Promise.allSettled(workers);
    const failed = ends.find((end) => end.status === "rejected");
    if (failed) throw failed.reason;
    return objects.map(pathOf);
  }

  async #compile(source: SourceFile, object: URL): Promise<void> {
    const root = pathOf(this.#options.root);
    const part = `${pathOf(object)}.${crypto.randomUUID()}.part`;
    const includes = [`-I${root}`, `-I${root}cpu`];
    const files = ["-c", root + source.path, "-o", part];
    await this.#run([...source.flags, ...includes, ...files], source.path);
    await this.#refuseChanged(source);
    await Deno.rename(part, object);
    this.compiled.push(source.path);
  }

  /** An object is named by what its source was when it was listed; another content must not come under that name. */
  async #refuseChanged({ path, flags, hash }: SourceFile): Promise<void> {
    const { root } = this.#options;
    if ((await readSource(path, { root, flags })).hash === hash) return;
    throw new NativeBuildError(
      `Cannot build the native library: ${path} or a header of it changed meanwhile. Run again`,
    );
  }

  async #run(args: readonly string[], what: string): Promise<void> {
    const { command } = this.#options.compiler;
    const { success, stderr } = await new Deno.Command(command, {
      args: [...args],
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
