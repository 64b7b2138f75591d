/**
 * All cases of a directory of golden data.
 *
 * @module
 */
import type { Device } from "../../engine/mod.ts";
import type { RankMesh } from "../../parallel/mesh.ts";
import { checkpointCases } from "./checkpoints.ts";
import { GoldenDirectory } from "./directory.ts";
import { logitCases } from "./logits.ts";
import { manifestCases } from "./manifest.ts";
import { ModelPool } from "./models.ts";
import { type CaseOutcome, runCase } from "./outcome.ts";
import { parallelCases } from "./parallel.ts";
import { samplingCases } from "./sampling.ts";
import { toyCases } from "./toy.ts";
import { traceCases } from "./traces.ts";
import { trainingCases } from "./training.ts";

/** Options of {@linkcode directoryCases}. */
export interface DirectoryOptions {
  /** Where models run; `null` for the plain TypeScript model. */
  readonly device: Device | null;
  /** Run the decoding traces, and only them, over several ranks. */
  readonly mesh?: RankMesh;
}

type Family = (
  directory: GoldenDirectory,
  models: ModelPool,
) => AsyncGenerator<CaseOutcome>;

/** Families by the folder that holds them, in the order in which they run. */
const FAMILIES: Readonly<Record<string, Family>> = {
  checkpoints: checkpointCases,
  logits: logitCases,
  sampling: samplingCases,
  traces: traceCases,
  toy: toyCases,
  training: trainingCases,
};

/** Runs every case of a directory; a folder of no known family is a failed case. */
export async function* directoryCases(
  path: string,
  { device, mesh }: DirectoryOptions,
): AsyncGenerator<CaseOutcome> {
  const directory = new GoldenDirectory(path);
  await using models = new ModelPool(directory, device);
  if (mesh !== undefined) {
    yield* parallelCases(directory, { mesh, models });
    return;
  }
  yield* manifestCases(directory);
  for (const name of await directory.folders("")) {
    if (Object.hasOwn(FAMILIES, name)) continue;
    yield await runCase(
      { group: name, name },
      (check) =>
        check.differ("family", {
          got: name,
          want: `one of ${Object.keys(FAMILIES).join(", ")}`,
        }),
    );
  }
  for (const [group, cases] of Object.entries(FAMILIES)) {
    try {
      yield* cases(directory, models);
    } catch (error) {
      yield await runCase({ group, name: group }, () => {
        throw error;
      });
    }
  }
}
