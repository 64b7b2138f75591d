/**
 * The manifest of a run: everything needed to tell what produced its files.
 *
 * @module
 */
import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import type { Mode } from "../cell.ts";
import type { JsonObject } from "../json.ts";
import { digestFile } from "./digest.ts";
import { type GitState, readGit } from "./git.ts";
import { type Machine, readMachine } from "./machine.ts";
import { record, type Recorded } from "./recorded.ts";

const ROOT = new URL("../../../", import.meta.url);

/** Cells of one experiment. */
export interface ManifestExperiment {
  /** Id of the experiment. */
  readonly id: string;
  /** Version of its procedure. */
  readonly version: number;
  /** Cells computed in this run. */
  readonly computed: number;
  /** Cells taken from the store. */
  readonly reused: number;
  /** Cells left to other shards. */
  readonly missing: number;
  /** Keys of all cells, in grid order. */
  readonly cells: readonly string[];
  /** What computed them, in this run or an earlier one, each once. */
  readonly made: readonly JsonObject[];
}

/** What the run itself tells. */
export interface RunFacts {
  /** How much was computed. */
  readonly mode: Mode;
  /** Arguments of the command. */
  readonly argv: readonly string[];
  /** When the run began. */
  readonly started: Date;
  /** When the manifest was collected. */
  readonly ended: Date;
  /** What was run, in order. */
  readonly experiments: readonly ManifestExperiment[];
  /** SHA-256 of models and data by name. */
  readonly inputs: Readonly<Record<string, string>>;
  /** Seeds of all random numbers. */
  readonly seeds: readonly number[];
  /** Native library: hash and build; whatever it says of itself, or why there is none. */
  readonly library: Recorded<Readonly<Record<string, unknown>>>;
  /** Folder of the output files, and their paths in it. */
  readonly output: {
    readonly folder: string;
    readonly files: readonly string[];
  };
}

/** The manifest. */
export interface Manifest {
  /** Version of this layout. */
  readonly format: 1;
  /** How much was computed. */
  readonly mode: Mode;
  /** Arguments of the command. */
  readonly argv: readonly string[];
  /** ISO 8601, UTC. */
  readonly started: string;
  /** ISO 8601, UTC. */
  readonly ended: string;
  /** State of the work tree. */
  readonly git: Recorded<GitState>;
  /** Versions of the runtime's parts. */
  readonly runtime: Readonly<Record<"deno" | "v8" | "typescript", string>>;
  /** Where it ran. */
  readonly machine: Machine;
  /** Native library, as in {@linkcode RunFacts}. */
  readonly library: Recorded<Readonly<Record<string, unknown>>>;
  /** SHA-256 of `deno.lock`. */
  readonly lock: Recorded<string>;
  /** SHA-256 of models and data by name. */
  readonly inputs: Readonly<Record<string, string>>;
  /** Seeds of all random numbers. */
  readonly seeds: readonly number[];
  /** What was run, in order. */
  readonly experiments: readonly ManifestExperiment[];
  /** SHA-256 of the output files by path. */
  readonly outputs: Readonly<Record<string, string>>;
}

/**
 * Collects the manifest. What permissions forbid is recorded as unavailable. Uses run permission for `git`, read permission
 * for the lock file and the outputs, and the sys permissions of {@linkcode readMachine}.
 */
export async function collectManifest(facts: RunFacts): Promise<Manifest> {
  const { folder, files } = facts.output;
  const outputs: Record<string, string> = {};
  for (const file of files) {
    outputs[relative(folder, file)] = await digestFile(file);
  }
  const lock = fileURLToPath(new URL("deno.lock", ROOT));
  return {
    format: 1,
    mode: facts.mode,
    argv: facts.argv,
    started: facts.started.toISOString(),
    ended: facts.ended.toISOString(),
    git: await record(() => readGit(ROOT)),
    runtime: {
      deno: Deno.version.deno,
      v8: Deno.version.v8,
      typescript: Deno.version.typescript,
    },
    machine: await readMachine(),
    library: facts.library,
    lock: await record(() => digestFile(lock)),
    inputs: facts.inputs,
    seeds: facts.seeds,
    experiments: facts.experiments,
    outputs,
  };
}
