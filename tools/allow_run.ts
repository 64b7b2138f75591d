/**
 * Prints the `--allow-run` flag for some programs, so that a task may start those and no others:
 *
 *     deno run --allow-env=CXX tools/allow_run.ts deno git compilers
 *
 * `deno` stands for the very executable that runs this, wherever it lies: under npx it is not the one on the search path.
 *
 * @module
 */
import { COMPILER_COMMANDS } from "../lib/engine/compiler.ts";

/** The flag for programs by name; `compilers` are those that the native build tries, `$CXX` among them. */
export function allowRun(names: readonly string[]): string {
  const cxx = Deno.env.get("CXX");
  const programs = names.flatMap((name) => {
    if (name === "deno") return [Deno.execPath()];
    if (name !== "compilers") return [name];
    return cxx ? [...COMPILER_COMMANDS, cxx] : [...COMPILER_COMMANDS];
  });
  return `--allow-run=${programs.join(",")}`;
}

if (import.meta.main) console.log(allowRun(Deno.args));
