/**
 * Finds a C++20 compiler on this machine.
 *
 * @module
 */
import { NativeBuildError } from "./errors.ts";

/** A compiler that can build the library. */
export interface Compiler {
  /** Command as given to the operating system. */
  readonly command: string;
  /** First line of `--version` and the machine it compiles for; part of the build's hash. */
  readonly identity: string;
}

/** Commands that are tried after `$CXX`. */
export const COMPILER_COMMANDS = ["c++", "g++", "clang++"] as const;

const PROBE = `#include <bit>
#include <span>
#include <thread>
static_assert(__cplusplus >= 202002L);
int main() { return static_cast<int>(std::popcount(0u)); }
`;

const REMEDY = "Install one - Debian and Ubuntu: `apt install g++`, Fedora: " +
  "`dnf install gcc-c++`, Alpine: `apk add g++`, macOS: " +
  "`xcode-select --install` - or name one in CXX. " +
  "This release has no other engine than the one it compiles";

async function output(
  command: string,
  args: string[],
  input?: string,
): Promise<{ success: boolean; text: string }> {
  const child = new Deno.Command(command, {
    args,
    stdin: input === undefined ? "null" : "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  if (input !== undefined) {
    const writer = child.stdin.getWriter();
    await writer.write(new TextEncoder().encode(input));
    await writer.close();
  }
  const { success, stdout, stderr } = await child.output();
  const decoder = new TextDecoder();
  return {
    success,
    text: (success ? decoder.decode(stdout) : decoder.decode(stderr)).trim(),
  };
}

async function probe(command: string): Promise<Compiler | string> {
  try {
    const version = await output(command, ["--version"]);
    if (!version.success) return version.text.split("\n")[0]!;
    const args = ["-std=c++20", "-fsyntax-only", "-x", "c++", "-"];
    const trial = await output(command, args, PROBE);
    if (!trial.success) {
      return `cannot compile C++20: ${trial.text.split("\n")[0]}`;
    }
    const machine = await output(command, ["-dumpmachine"]);
    const identity = `${version.text.split("\n")[0]} ${machine.text}`;
    return { command, identity };
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "not found";
    if (error instanceof Deno.errors.NotCapable) {
      return `may not be run: allow it with --allow-run=${command}`;
    }
    return error instanceof Error ? error.message : String(error);
  }
}

function environmentCompiler(): string | undefined {
  try {
    return Deno.env.get("CXX") || undefined;
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) return undefined;
    throw error;
  }
}

/** Finds the first usable one of `$CXX`, c++, g++ and clang++. Rejects with a {@linkcode NativeBuildError} that says what was tried. */
export async function findCompiler(
  options: {
    readonly commands?: readonly string[];
    /** What the error advises. */
    readonly remedy?: string;
  } = {},
): Promise<Compiler> {
  const named = environmentCompiler();
  const commands = options.commands ??
    [...(named === undefined ? [] : [named]), ...COMPILER_COMMANDS];
  const tried: string[] = [];
  for (const command of commands) {
    const found = await probe(command);
    if (typeof found !== "string") return found;
    tried.push(`${command} (${found})`);
  }
  throw new NativeBuildError(
    `Cannot build the native library: found no C++20 compiler, tried ${
      tried.join(", ")
    }. ${options.remedy ?? REMEDY}`,
  );
}
