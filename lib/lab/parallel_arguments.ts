/**
 * Command line of the program that decodes over several processes.
 *
 * @module
 */
import { MeshError } from "../parallel/errors.ts";
import { parseMesh, type RankMesh } from "../parallel/mesh.ts";
import type { ProtocolName } from "../parallel/protocol.ts";
import { CACHE_PROTOCOLS } from "../parallel/protocols.ts";
import { UsageError, wholeNumber } from "./command_line.ts";
import {
  type GenerateArguments,
  parseGenerateArguments,
} from "./generate_arguments.ts";

/** What each process of a job is asked to do. */
export type ParallelArguments =
  /** Measure rounds of a model of its own. */
  | { readonly kind: "bench"; readonly rounds: number }
  | {
    readonly kind: "decode";
    readonly generate: GenerateArguments;
    /** `null`: every process has a replica. */
    readonly mesh: RankMesh | null;
    readonly protocol: ProtocolName;
    /** Longest that a round may take, in milliseconds. */
    readonly timeoutMs: number;
    /** File that keeps the rounds. */
    readonly rounds: string | null;
    /** Whether to go on with that file. */
    readonly resume: boolean;
  };

/** How the program is called. */
export function parallelUsage(): string {
  return `mpirun -n 2 --bind-to none deno run -q -P=parallel lib/lab/parallel_main.ts --model DIR --prompt TEXT [--OPTION VALUE ...]

  options of \`deno task generate\`, and
  --threads N      per process (default 1)
  --parallel MESH  replicas and shards of each, such as bp=2,tp=2; one process per shard (default: a replica per process)
  --protocol NAME  ${
    Object.keys(CACHE_PROTOCOLS).join(", ")
  } (default two-phase; single-phase needs --visibility block-causal)
  --timeout-ms N   longest that a round may take before a rank counts as lost (default 60000)
  --rounds FILE    keep every round in FILE
  --resume         go on with the rounds in FILE, on any number of processes
  --bench N        instead: the rate of N rounds over all processes against that of one`;
}

const DEFAULT_TIMEOUT = "60000";

/** Reads the command line. Throws a {@linkcode UsageError} that says what is missing or wrong. */
export function parseParallelArguments(
  args: readonly string[],
): ParallelArguments {
  const own = new Map<string, string>();
  const others: string[] = [];
  let resume = false;
  for (let i = 0; i < args.length; i++) {
    const name = args[i]!;
    if (name === "--resume") {
      resume = true;
      continue;
    }
    const text = args[++i];
    if (text === undefined) {
      throw new UsageError(`Cannot read ${name}: its value is missing`);
    }
    if (OWN.includes(name)) own.set(name, text);
    else others.push(name, text);
  }
  const bench = own.get("--bench");
  if (bench !== undefined) {
    const rounds = wholeNumber(bench, { name: "bench", least: 1 });
    return { kind: "bench", rounds };
  }
  const rounds = own.get("--rounds") ?? null;
  if (resume && rounds === null) {
    throw new UsageError("Cannot resume: --rounds FILE is missing");
  }
  const hasThreads = others.some((text, i) =>
    i % 2 === 0 && text === "--threads"
  );
  return {
    kind: "decode",
    generate: parseGenerateArguments([
      ...others,
      ...(hasThreads ? [] : ["--threads", "1"]),
    ]),
    mesh: meshNamed(own.get("--parallel")),
    protocol: protocolNamed(own.get("--protocol") ?? "two-phase"),
    timeoutMs: wholeNumber(own.get("--timeout-ms") ?? DEFAULT_TIMEOUT, {
      name: "timeout-ms",
      least: 1,
    }),
    rounds,
    resume,
  };
}

const OWN = [
  "--parallel",
  "--protocol",
  "--timeout-ms",
  "--rounds",
  "--bench",
];

function meshNamed(text: string | undefined): RankMesh | null {
  if (text === undefined) return null;
  try {
    return parseMesh(text);
  } catch (error) {
    if (!(error instanceof MeshError)) throw error;
    throw new UsageError(`Cannot read --parallel: ${error.message}`);
  }
}

function protocolNamed(name: string): ProtocolName {
  if (Object.hasOwn(CACHE_PROTOCOLS, name)) return name as ProtocolName;
  throw new UsageError(
    `Cannot read --protocol: got "${name}", want ${
      Object.keys(CACHE_PROTOCOLS).join(" or ")
    }`,
  );
}
