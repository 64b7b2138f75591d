/**
 * The native library under AddressSanitizer and UBSan: its kernels against the plain ones, and a minute of mutated command
 * buffers and calls.
 *
 * @module
 */
import {
  buildFuzzer,
  type FuzzProgram,
} from "../../lib/engine/build_fuzzer.ts";
import { NativeBuildError } from "../../lib/engine/errors.ts";
import { type Counts, sum } from "./tally.ts";

/** Programs and their arguments: seed and how many cases, seed and how long. */
const PROGRAMS: readonly [name: FuzzProgram, ...args: string[]][] = [
  ["check_kernels", "1", "100"],
  ["fuzz_commands", "1", "60s"],
];

/** Runs both programs; each counts as one test, and as none where the compiler has no sanitizers. */
export async function fuzz(): Promise<Counts> {
  const all: Counts[] = [];
  for (const [name, ...args] of PROGRAMS) all.push(await run(name, args));
  return sum(all);
}

async function run(name: FuzzProgram, args: string[]): Promise<Counts> {
  let program: string | null;
  try {
    program = await buildFuzzer(name);
  } catch (error) {
    if (!(error instanceof NativeBuildError)) throw error;
    console.error(error.message);
    return { passed: 0, failed: 1 };
  }
  if (program === null) {
    console.log(
      `SKIPPED ${name}: the C++ compiler has no AddressSanitizer library`,
    );
    return { passed: 0, failed: 0 };
  }
  const { success } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-q",
      "--no-lock",
      `--allow-run=${program}`,
      "tools/testing/run_program.ts",
      program,
      ...args,
    ],
    cwd: new URL("../../", import.meta.url),
  }).spawn().status;
  return success ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };
}
