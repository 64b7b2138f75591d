/**
 * Prints a list of programs for `--allow-run`, so that tasks grant the right to start those and no others:
 *
 *     deno run --allow-env=CXX tools/programs.ts deno git compilers
 *
 * `deno` stands for the very executable that runs this, wherever it lies: under npx it is not the one on the search path.
 *
 * @module
 */
import { COMPILER_COMMANDS } from "../lib/engine/compiler.ts";

/** Programs behind a name; `compilers` are those that the native build tries. */
export function programs(name: string, cxx: string | undefined): string[] {
  if (name === "deno") return [Deno.execPath()];
  if (name !== "compilers") return [name];
  return cxx ? [...COMPILER_COMMANDS, cxx] : [...COMPILER_COMMANDS];
}

if (import.meta.main) {
  const cxx = Deno.env.get("CXX");
  console.log(Deno.args.flatMap((name) => programs(name, cxx)).join(","));
}
