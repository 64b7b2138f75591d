/**
 * A minute of fuzzing of the native library with mutated command buffers, under AddressSanitizer and UBSan.
 *
 * @module
 */
import { buildFuzzer } from "../../lib/engine/build_fuzzer.ts";
import { NativeBuildError } from "../../lib/engine/errors.ts";
import type { Counts } from "./tally.ts";

const SECONDS = 60;

/** Runs the fuzzing program; counts as one test, and as none where the compiler has no sanitizers. */
export async function fuzz(): Promise<Counts> {
  let program: string | null;
  try {
    program = await buildFuzzer();
  } catch (error) {
    if (!(error instanceof NativeBuildError)) throw error;
    console.error(error.message);
    return { passed: 0, failed: 1 };
  }
  if (program === null) {
    console.log("SKIPPED: the C++ compiler has no AddressSanitizer library");
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
      `${SECONDS}`,
    ],
    cwd: new URL("../../", import.meta.url),
  }).spawn().status;
  return success ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };
}
