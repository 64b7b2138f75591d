/**
 * Command line of `deno task train`.
 *
 * @module
 */
import type { TrainRequest } from "./request.ts";

/** What the command line asks for. */
export interface TrainOptions extends TrainRequest {
  /** Name of the recipe; `null`: list them. */
  readonly recipe: string | null;
  /** Folder of the model that a recipe of the papers' size adapts. */
  readonly model: string | null;
  /** File of its prompts. */
  readonly prompts: string | null;
  /** Threads; 0 for one per core. */
  readonly threads: number;
  readonly help: boolean;
}

/** How to use the command. */
export const USAGE = `Usage: deno task train [RECIPE] [options]
  without RECIPE   list the recipes
  --steps N        stop after step N, counted over all stages, and write the model as it then is beside the state
  --out DIR        where the model goes (default: data/models/RECIPE for a complete one)
  --threads N      default: one per core
  --resume         insist on going on: from .cache/train/RECIPE, else behind the complete stages of the shipped model
  --fresh          throw away what is in .cache/train/RECIPE and begin again
  --dry-run        print the plan and stop
  --model DIR      for recipes of 7B and 8B: the checkpoint to adapt
  --prompts FILE   for these too: JSON Lines of {"prompt": with the chat template, "answer": the final one}
  --help           this text
Without --resume and --fresh it goes on from .cache/train/RECIPE where there is something, else it begins.
Ctrl-C stops after the running step and keeps the work.
`;

/** Reads the command line. Throws a `TypeError` or a `RangeError` with the way out. */
export function parseTrainOptions(args: readonly string[]): TrainOptions {
  const flags = new Set<string>();
  const values = new Map<string, string>();
  const names: string[] = [];
  const rest = [...args];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    const [name, inline] = word.split(/=(.*)/s) as [string, string?];
    if (/^--(steps|out|threads|model|prompts)$/.test(name)) {
      const value = inline ?? rest.shift();
      if (value === undefined || value === "" || value.startsWith("--")) {
        throw new TypeError(`Option ${name} needs a value; see --help`);
      }
      values.set(name, value);
    } else if (/^--(resume|fresh|dry-run|help)$/.test(word)) {
      flags.add(word);
    } else if (word.startsWith("-")) {
      throw new TypeError(`Unknown option "${word}"; see --help`);
    } else {
      names.push(word);
    }
  }
  if (names.length > 1) {
    throw new TypeError(`Give one recipe, not ${names.join(" and ")}`);
  }
  if (flags.has("--resume") && flags.has("--fresh")) {
    throw new TypeError("Choose one of --resume and --fresh");
  }
  const steps = values.get("--steps");
  return {
    recipe: names[0] ?? null,
    steps: steps === undefined ? null : count("--steps", steps, 1),
    out: values.get("--out") ?? null,
    model: values.get("--model") ?? null,
    prompts: values.get("--prompts") ?? null,
    threads: count("--threads", values.get("--threads") ?? "0", 0),
    mode: flags.has("--resume")
      ? "resume"
      : flags.has("--fresh")
      ? "fresh"
      : "continue",
    dryRun: flags.has("--dry-run"),
    help: flags.has("--help"),
  };
}

function count(name: string, text: string, least: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(value) && value >= least) {
    return value;
  }
  throw new RangeError(
    `Cannot read ${name} "${text}": want a whole number of at least ${least}`,
  );
}
