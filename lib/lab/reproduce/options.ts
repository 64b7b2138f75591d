/**
 * Command line of `deno task reproduce`.
 *
 * @module
 */
import type { Mode } from "../cell.ts";
import { parseShard, type Shard } from "../shard.ts";

/** What the command line asks for. */
export interface ReproduceOptions {
  readonly mode: Mode;
  /** Also write `results/`. */
  readonly publish: boolean;
  /** Publish in spite of local changes. */
  readonly allowDirty: boolean;
  /** Cells to compute; all when absent. */
  readonly shard?: Shard;
  /** Files of finished cells to take before anything is computed. */
  readonly load: readonly string[];
  /** Ids of the experiments to compute; empty for all, and then the notebooks are executed too. */
  readonly only: readonly string[];
  /** Print the plan and stop. */
  readonly list: boolean;
  readonly help: boolean;
}

/** How to use the command. */
export const USAGE = `Usage: deno task reproduce [options]
  --quick          minutes on a laptop: fewer prompts and points
  --full           all prompts and points
  --only ID        compute this experiment alone, execute no notebooks; may be repeated
  --shard I/N      compute every N-th cell, the I-th of each N; shards share one store
  --load FILE      take finished cells from FILE, the cells.jsonl.gz in a run's output, e.g. of another machine's shard;
                   with --full, results/cells.jsonl.gz draws what is published anew; may be repeated
  --list           print the plan and stop
  --publish        write results/ too; needs a clean work tree
  --allow-dirty    publish from a work tree with local changes
  --help           this text
Exit code: 0 all tested claims hold, 1 one differs, 2 something could not run.
`;

/** Parses the arguments. Throws `TypeError` or `RangeError` with the way out. */
export function parseReproduceOptions(
  args: readonly string[],
): ReproduceOptions {
  const flags = new Set<string>();
  const only: string[] = [], load: string[] = [];
  let shard: Shard | undefined;
  const rest = [...args];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    const [name, inline] = word.split(/=(.*)/s) as [string, string?];
    if (name === "--only" || name === "--shard" || name === "--load") {
      const value = inline ?? rest.shift();
      if (value === undefined || value.startsWith("--")) {
        throw new TypeError(`Option ${name} needs a value; see --help`);
      }
      if (name === "--only") only.push(value);
      else if (name === "--load") load.push(value);
      else shard = parseShard(value);
    } else if (
      /^--(quick|full|list|publish|allow-dirty|help)$/.test(word)
    ) {
      flags.add(word);
    } else {
      throw new TypeError(`Unknown option "${word}"; see --help`);
    }
  }
  if (flags.has("--quick") && flags.has("--full")) {
    throw new TypeError("Choose one of --quick and --full");
  }
  const publish = flags.has("--publish");
  if (publish && (shard !== undefined || only.length > 0)) {
    throw new TypeError(
      "Only a whole run can be published: leave out --shard and --only",
    );
  }
  return {
    mode: flags.has("--quick")
      ? "quick"
      : flags.has("--full")
      ? "full"
      : "default",
    publish,
    allowDirty: flags.has("--allow-dirty"),
    ...(shard === undefined ? {} : { shard }),
    only,
    load,
    list: flags.has("--list"),
    help: flags.has("--help"),
  };
}
