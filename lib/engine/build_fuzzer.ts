/**
 * Builds the programs of `ffi/cpu/fuzz/`: each with the whole library in one executable under AddressSanitizer and UBSan.
 *
 * @module
 */
import {
  BuildJob,
  type BuildJobOptions,
  pathOf,
  targetFolder,
} from "./_build_job.ts";
import { reportOnStderr } from "./build.ts";
import { type Compiler, findCompiler } from "./compiler.ts";
import { FFI_URL, listFolder, listSources, readSource } from "./sources.ts";

const SANITIZE = [
  "-fsanitize=address,undefined",
  "-fno-sanitize-recover=all",
  "-fno-omit-frame-pointer",
  "-g1",
];

/** Whether a compiler can make programs with the sanitizers; their run-time libraries are a package of their own on some systems. */
export async function hasSanitizers(compiler: Compiler): Promise<boolean> {
  const child = new Deno.Command(compiler.command, {
    args: [...SANITIZE, "-x", "c++", "-o", "/dev/null", "-"],
    stdin: "piped",
    stdout: "null",
    stderr: "null",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode("int main() { return 0; }\n"));
  await writer.close();
  return (await child.status).success;
}

/** Programs by name, each made of the files whose names start so. */
const PREFIXES = { fuzz_commands: "fuzz_", check_kernels: "check_" } as const;

/** One of the programs. */
export type FuzzProgram = keyof typeof PREFIXES;

/** How a program is built. */
export type BuildFuzzerOptions = Partial<BuildJobOptions>;

/**
 * Builds a program unless it is there and returns its path, or `null` where the compiler lacks the sanitizers. Rejects with a
 * `NativeBuildError`.
 */
export async function buildFuzzer(
  name: FuzzProgram,
  options: BuildFuzzerOptions = {},
): Promise<string | null> {
  const { root = FFI_URL, onProgress = reportOnStderr } = options;
  const compiler = options.compiler ?? await findCompiler();
  if (!await hasSanitizers(compiler)) return null;
  const library = await listSources({ root });
  const paths = (await listFolder("cpu/fuzz/", root))
    .filter((path) => path.startsWith(`cpu/fuzz/${PREFIXES[name]}`));
  const driver = await Promise.all(
    paths.map((path) => readSource(path, { root })),
  );
  const sources = await Promise.all(
    [...library, ...driver].map(({ path, flags }) =>
      readSource(path, {
        root,
        flags: [...flags.map((f) => f === "-O3" ? "-O1" : f), ...SANITIZE],
      })
    ),
  );
  const linkFlags = [...SANITIZE, "-pthread"];
  using job = await BuildJob.start({ root, compiler, onProgress });
  const key = job.key([...linkFlags, ...sources.map(({ hash }) => hash)]);
  const program = new URL(`${key}/${name}`, targetFolder(root));
  await job.make(program, { sources, linkFlags });
  return pathOf(program);
}
