/**
 * Decoding traces over several ranks: every recorded run under the two-phase protocol, every block-causal one under the
 * single-phase protocol too. What is recorded knows nothing of ranks, so that nothing may change.
 *
 * Branch parallelism gives the same bits as one device. Tensor parallelism adds up in another order: there a run with a decision
 * that rests on a margin below {@linkcode SHARD_MARGIN} is listed where it differs, as fragile runs are.
 *
 * @module
 */
import { loadCheckpoint } from "../../model/checkpoint.ts";
import type { RankMesh } from "../../parallel/mesh.ts";
import { BranchParallelModel } from "../../parallel/model.ts";
import type { ProtocolName } from "../../parallel/protocol.ts";
import type { GoldenDirectory } from "./directory.ts";
import type { ModelPool } from "./models.ts";
import { type CaseOutcome, runCase } from "./outcome.ts";
import type { GoldenTraceFile } from "./trace_file.ts";
import { decoderOf, runTrace } from "./trace_run.ts";
import { compareRun, judgeRun } from "./traces.ts";

/** Least margin of a decision that another order of additions must not change. */
export const SHARD_MARGIN = 1e-4;

/** Options of {@linkcode parallelCases}. */
export interface ParallelOptions {
  readonly mesh: RankMesh;
  readonly models: ModelPool;
}

const PROTOCOLS: readonly ProtocolName[] = ["two-phase", "single-phase"];

/** One case per recorded run and protocol that serves it. */
export async function* parallelCases(
  directory: GoldenDirectory,
  options: ParallelOptions,
): AsyncGenerator<CaseOutcome> {
  await using parallel = new ParallelPool(directory, options.mesh);
  for (const family of await directory.folders("traces")) {
    const files = await directory.files(`traces/${family}`);
    for (const protocol of PROTOCOLS) {
      for (const name of files) {
        const file = await directory.json<GoldenTraceFile>(
          `traces/${family}/${name}`,
        );
        if (protocol === "single-phase" && !isBlockCausal(family, file)) {
          continue;
        }
        yield* fileCases(file, {
          ...options,
          parallel,
          family,
          name,
          protocol,
        });
      }
    }
  }
}

function isBlockCausal(family: string, file: GoldenTraceFile): boolean {
  const [run] = file.runs;
  if (run === undefined) return false;
  const { visibility } = decoderOf(family, { file, run }).options;
  return visibility === "block-causal";
}

interface FileContext extends ParallelOptions {
  readonly parallel: ParallelPool;
  readonly family: string;
  readonly name: string;
  readonly protocol: ProtocolName;
}

async function* fileCases(
  file: GoldenTraceFile,
  { models, mesh, parallel, family, name, protocol }: FileContext,
): AsyncGenerator<CaseOutcome> {
  const group = `traces/${family} ${protocol}`;
  for (const [i, run] of file.runs.entries()) {
    const id = { group, name: `${name} run ${i}` };
    const outcome = await runCase(id, async (check) => {
      const checkpoint = await models.load(file.checkpoint);
      const model = await parallel.load(file.checkpoint, protocol);
      const trace = await runTrace(checkpoint, { family, file, run, model });
      compareRun(check, { family, run, trace });
    });
    const margin = run.min_margin ?? Infinity;
    const tolerated = mesh.tp > 1 && margin < SHARD_MARGIN
      ? `run with a margin of ${margin}`
      : null;
    yield judgeRun(outcome, run, { tolerated });
  }
}

/** Models over ranks, each made once. */
class ParallelPool implements AsyncDisposable {
  readonly #directory: GoldenDirectory;
  readonly #mesh: RankMesh;
  readonly #models = new Map<string, BranchParallelModel>();

  constructor(directory: GoldenDirectory, mesh: RankMesh) {
    this.#directory = directory;
    this.#mesh = mesh;
  }

  async load(
    checkpoint: string,
    protocol: ProtocolName,
  ): Promise<BranchParallelModel> {
    const key = `${protocol} ${checkpoint}`;
    const known = this.#models.get(key);
    if (known !== undefined) return known;
    using source = await loadCheckpoint(
      this.#directory.resolve(`checkpoints/${checkpoint}`),
    );
    const model = await BranchParallelModel.create(source, {
      mesh: this.#mesh,
      protocol,
    });
    this.#models.set(key, model);
    return model;
  }

  // deno-lint-ignore require-await -- disposal is asynchronous by its interface
  async [Symbol.asyncDispose](): Promise<void> {
    for (const model of this.#models.values()) model.close();
    this.#models.clear();
  }
}
