/**
 * The state of a stage of training in one file: what the trainer needs to go on bit by bit, and to which stage it belongs.
 *
 * @module
 */
import { widen } from "../model/float_types.ts";
import type { StoredTensor } from "../model/safetensors_write.ts";
import { StateDamagedError, StateMismatchError } from "./run_errors.ts";
import { seal, type SealedFile, unseal } from "./sealed.ts";
import type { TrainerState } from "./types.ts";

const FORMAT = "training state 1";

/** Which stage of which recipe. */
export interface StageIdentity {
  /** Name of the recipe. */
  readonly recipe: string;
  /** Digest of all that decides the stage's weights: data, base, shape, objective, this stage and those before it. */
  readonly digest: string;
  /** Stage, from 1. */
  readonly stage: number;
  /** Seed of the stage's batches. */
  readonly seed: number;
}

/** A stage after some of its steps. */
export interface StageCheckpoint {
  /** The stage. */
  readonly identity: StageIdentity;
  /** The trainer's state; its `step` counts from the stage's begin. */
  readonly state: TrainerState;
  /** Length of the stage's loss curve at that step, in bytes. */
  readonly curveBytes: number;
  /** Tokens trained on in this stage. */
  readonly tokens: number;
  /** Seconds spent in this stage. */
  readonly seconds: number;
}

/** What a checkpoint must be to be gone on from. */
export interface ExpectedState {
  /** The stage. */
  readonly identity: StageIdentity;
  /** Trainable elements of the model. */
  readonly elements: number;
  /** Whether an average of the weights is kept. */
  readonly average: boolean;
}

/** Encodes a checkpoint. Arrays of any length that agree. */
export function encodeCheckpoint(checkpoint: StageCheckpoint): Uint8Array {
  const { identity, state, ...counts } = checkpoint;
  const arrays = {
    weights: state.weights,
    moment1: state.moment1,
    moment2: state.moment2,
    ...(state.average ? { average: state.average } : {}),
  };
  const tensors = new Map<string, StoredTensor>(
    Object.entries(arrays).map(([name, values]) => [name, {
      dtype: "F32",
      shape: [values.length],
      bytes: new Uint8Array(
        values.buffer,
        values.byteOffset,
        values.byteLength,
      ),
    }]),
  );
  const metadata = { ...identity, ...counts, step: state.step, format: FORMAT };
  return seal(
    tensors,
    Object.fromEntries(
      Object.entries(metadata).map(([key, value]) => [key, String(value)]),
    ),
  );
}

/**
 * Reads a checkpoint.
 *
 * @param file The file's bytes.
 * @param path Its name, for messages.
 * @throws {StateDamagedError} When a byte is missing or altered.
 * @throws {StateMismatchError} When it is of another recipe, stage or shape.
 */
export function decodeCheckpoint(
  file: Uint8Array,
  { path, expected }: { path: string; expected: ExpectedState },
): StageCheckpoint {
  const sealed = unseal(file, path);
  if (sealed.metadata.format !== FORMAT) {
    throw new StateMismatchError(
      path,
      `its format is "${sealed.metadata.format}", not "${FORMAT}"`,
    );
  }
  checkIdentity(sealed, { path, identity: expected.identity });
  const number = (key: string) => {
    const value = Number(sealed.metadata[key]);
    if (Number.isFinite(value) && value >= 0) return value;
    throw new StateDamagedError(path, `${key} is ${sealed.metadata[key]}`);
  };
  const array = (name: string) => {
    const values = widen(sealed.bytes(name), "F32");
    if (values.length === expected.elements) return values;
    throw new StateMismatchError(
      path,
      `its ${name} have ${values.length} elements, the model ${expected.elements}`,
    );
  };
  if (sealed.tensors.has("average") !== expected.average) {
    throw new StateMismatchError(
      path,
      expected.average
        ? "it holds no average of the weights"
        : "it holds an average of the weights, which is not asked for",
    );
  }
  return {
    identity: expected.identity,
    state: {
      step: number("step"),
      weights: array("weights"),
      moment1: array("moment1"),
      moment2: array("moment2"),
      ...(expected.average ? { average: array("average") } : {}),
    },
    curveBytes: number("curveBytes"),
    tokens: number("tokens"),
    seconds: number("seconds"),
  };
}

/** Throws a {@linkcode StateMismatchError} when a sealed file is not of the stage wanted. */
export function checkIdentity(
  { metadata }: SealedFile,
  { path, identity }: { path: string; identity: StageIdentity },
): void {
  for (const key of ["recipe", "stage", "seed", "digest"] as const) {
    const wanted = String(identity[key]);
    if (metadata[key] === wanted) continue;
    throw new StateMismatchError(
      path,
      `its ${key} is ${metadata[key]}, not ${wanted}` +
        (key === "digest"
          ? " (the recipe, its data, its base or the trainer has changed)"
          : ""),
    );
  }
}
