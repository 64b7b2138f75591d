/**
 * What is left of a finished stage: its weights alone, in bfloat16. The next stage begins with them.
 *
 * @module
 */
import { join } from "node:path";
import type { ModelConfig } from "../model/config.ts";
import { widen } from "../model/float_types.ts";
import { writeAtomically } from "./atomic.ts";
import { checkIdentity, type StageIdentity } from "./checkpoint.ts";
import { checkWeights } from "./memory_source.ts";
import { StateMismatchError } from "./run_errors.ts";
import { seal, unseal } from "./sealed.ts";
import { storedWeights } from "./stored_weights.ts";
import { expectedTensors } from "../model/tensor_names.ts";

/** Where the weights of a stage lie. */
export interface StagePlace {
  /** Folder of the training state. */
  readonly folder: string;
  /** The stage. */
  readonly identity: StageIdentity;
  /** The network. */
  readonly config: ModelConfig;
}

/** File of a finished stage. */
export function stageWeightsPath({ folder, identity }: StagePlace): string {
  return join(
    folder,
    `stage-${String(identity.stage).padStart(2, "0")}.safetensors`,
  );
}

/**
 * Keeps the weights of a finished stage. Throws what `storedWeights` and `writeAtomically` throw. Needs read and write permission.
 *
 * @param weights Row-major, by name.
 */
export async function writeStageWeights(
  place: StagePlace,
  weights: ReadonlyMap<string, Float32Array>,
): Promise<void> {
  const { recipe, digest, stage, seed } = place.identity;
  const file = seal(storedWeights(weights, place.config), {
    recipe,
    digest,
    stage: String(stage),
    seed: String(seed),
  });
  await writeAtomically(stageWeightsPath(place), file);
}

/**
 * Weights of a finished stage, widened to f32; `null` where the stage is not finished. Needs read permission.
 *
 * @throws {StateDamagedError} When a byte is missing or altered.
 * @throws {StateMismatchError} When they are of another recipe, stage or shape.
 */
export async function readStageWeights(
  place: StagePlace,
): Promise<Map<string, Float32Array> | null> {
  const path = stageWeightsPath(place);
  let file: Uint8Array;
  try {
    file = await Deno.readFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
  const sealed = unseal(file, path);
  checkIdentity(sealed, { path, identity: place.identity });
  const weights = new Map(
    [...sealed.tensors.values()].map(({ name, type }) => [
      name,
      widen(sealed.bytes(name), type),
    ]),
  );
  try {
    checkWeights(weights, expectedTensors(place.config));
  } catch (error) {
    throw new StateMismatchError(path, (error as Error).message);
  }
  return weights;
}
