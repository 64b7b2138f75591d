/**
 * `deno task reproduce`: runs the experiments, executes the notebooks and writes the report.
 *
 * @module
 */
import { fileURLToPath } from "node:url";
import { loadLibrary } from "../engine/mod.ts";
import { allClaims } from "./claims/registry.ts";
import { allExperiments } from "./experiments/registry.ts";
import { madeHere, MODE_VARIABLE, RUNS_FOLDER, timingHere } from "./lab.ts";

import { runNotebook } from "./notebook_runner.ts";
import { terminalProgress } from "./progress_terminal.ts";
import { parseReproduceOptions, USAGE } from "./reproduce/options.ts";
import { reproduce } from "./reproduce/reproduce.ts";
import type { Tools } from "./reproduce/tools.ts";

const ROOT = new URL("../../", import.meta.url);

function place(path: string): string {
  return fileURLToPath(new URL(path, ROOT));
}

const encoder = new TextEncoder();

function print(text: string): void {
  Deno.stdout.writeSync(encoder.encode(text));
}

/** Gives a signal that the first Ctrl-C aborts; a second one ends the program as usual. */
function stopOnInterrupt(): AbortSignal {
  const stop = new AbortController();
  const onInterrupt = () => {
    Deno.removeSignalListener("SIGINT", onInterrupt);
    print("\nStopping after the running step; Ctrl-C again ends at once.\n");
    stop.abort();
  };
  Deno.addSignalListener("SIGINT", onInterrupt);
  return stop.signal;
}

/** Runs the main job with the arguments of the command line and gives the exit code. */
export async function main(args: readonly string[]): Promise<0 | 1 | 2> {
  const options = parseReproduceOptions(args);
  if (options.help) {
    print(USAGE);
    return 0;
  }
  Deno.env.set(MODE_VARIABLE, options.mode);
  const experiments = allExperiments();
  const tools: Tools = {
    experiments,
    claims: await allClaims(),
    places: {
      root: place("."),
      runs: RUNS_FOLDER,
      output: place(".cache/out"),
      results: place("results"),
      notebooks: place("notebooks"),
    },
    progress: terminalProgress(),
    signal: stopOnInterrupt(),
    argv: args,
    print,
    runNotebook,
    made: madeHere,
    async library() {
      const { sha256, buildInfo } = await loadLibrary();
      return { sha256, ...buildInfo };
    },
    timing: timingHere,
  };
  try {
    return await reproduce(options, tools);
  } finally {
    for (const experiment of experiments) await experiment.close();
  }
}

if (import.meta.main) {
  try {
    Deno.exit(await main(Deno.args));
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    Deno.exit(2);
  }
}
