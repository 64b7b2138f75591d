/**
 * The kinds of tests that `deno task test` runs, each as processes with only the permissions they need.
 *
 * @module
 */
import { buildLibrary } from "../../lib/engine/build.ts";
import { NativeBuildError } from "../../lib/engine/errors.ts";
import { allowRun } from "../allow_run.ts";
import { TEST_LOCK } from "./assertions.ts";
import { type Counts, junitCounts, lineCounts, mpiLine } from "./tally.ts";

const ROOT = new URL("../../", import.meta.url);
const JUNIT = ".cache/tests/units.xml";
const TEMPORARY = ".cache/tests/tmp/";

/** Starts Deno in the repository, with temporary folders inside of it. */
function deno(args: string[], stdout: "inherit" | "piped" = "inherit") {
  return new Deno.Command(Deno.execPath(), {
    args,
    cwd: ROOT,
    stdout,
    stderr: "inherit",
    env: { TMPDIR: new URL(TEMPORARY, ROOT).pathname.replace(/\/$/, "") },
  });
}

/** Builds the native library; counts as one test. */
export async function build(): Promise<Counts> {
  try {
    await buildLibrary();
    return { passed: 1, failed: 0 };
  } catch (error) {
    if (!(error instanceof NativeBuildError)) throw error;
    console.error(error.message);
    return { passed: 0, failed: 1 };
  }
}

/** Runs test files, and code blocks of documents among them. */
export async function units(paths: readonly string[]): Promise<Counts> {
  await Deno.mkdir(new URL(TEMPORARY, ROOT), { recursive: true });
  await Deno.writeTextFile(new URL(JUNIT, ROOT), "");
  const { success } = await deno([
    "test",
    "-q",
    "--doc",
    "-P=test",
    allowRun([
      "deno",
      "git",
      "compilers",
      "jupyter-nbconvert",
      "mpirun",
      "mpicxx",
    ]),
    `--lock=${TEST_LOCK}`,
    `--junit-path=${JUNIT}`,
    ...paths,
  ]).spawn().status;
  const report = await Deno.readTextFile(new URL(JUNIT, ROOT));
  console.log(mpiLine(report));
  return junitCounts(report, success);
}

/** Runs the conformance cases of the project's own golden data. */
export async function conformance(): Promise<Counts> {
  const { success, stdout } = await deno([
    "run",
    "-q",
    "-P=conformance",
    `--lock=${TEST_LOCK}`,
    "lib/lab/conformance_main.ts",
  ], "piped").output();
  const text = new TextDecoder().decode(stdout);
  console.log(text.trimEnd());
  return lineCounts(text, success);
}
