/**
 * A cell is one point of an experiment's grid. Its identity is everything that made its result; the hash of that is the
 * name under which the result is stored.
 *
 * @module
 */
import { canonicalJson, type JsonObject, sha256 } from "./json.ts";

/** Raised whenever tokens, steps or probabilities of a decode may change: older token results then no longer count. */
export const NUMERICS_VERSION = 1;

/** How much is computed. Results of different modes never meet. */
export type Mode = "quick" | "default" | "full";

/** The modes, cheapest first. */
export const MODES: readonly Mode[] = ["quick", "default", "full"];

/** Reads a mode's name. Throws `RangeError` on any other text. */
export function parseMode(text: string): Mode {
  const found = MODES.find((mode) => mode === text);
  if (found !== undefined) return found;
  throw new RangeError(
    `Cannot use mode "${text}": the modes are ${MODES.join(", ")}`,
  );
}

/** Everything that made a cell's result. */
export interface CellIdentity {
  /** Id of the experiment, or name of work that experiments share. */
  readonly experiment: string;
  /** Version of the procedure. */
  readonly version: number;
  /** The point of the grid. */
  readonly parameters: JsonObject;
  /** SHA-256 of the model's files; `null` where no model takes part. */
  readonly model: string | null;
  /** SHA-256 of the prompts and targets; `null` where none take part. */
  readonly task: string | null;
  /** Number format of the weights, e.g. `f32`. */
  readonly precision: string;
  /** {@linkcode NUMERICS_VERSION}. */
  readonly numerics: number;
  /** SHA-256 of the native library; timing cells only. */
  readonly library?: string;
  /** Fingerprint of the machine; timing cells only. */
  readonly machine?: string;
}

/** A computation, as far as it is known by more than model, task and precision. */
export interface Work {
  /** Id of an experiment, or the name in its place of what several may ask for. */
  readonly name: string;
  /** Raised whenever the procedure changes. */
  readonly version: number;
  /** What varies, all of it. */
  readonly parameters: JsonObject;
}

/** What a computation is done on. */
export type WorkPlace = Pick<CellIdentity, "model" | "task" | "precision">;

/** Native library and machine, part of the identity of timing cells. */
export interface TimingIdentity {
  /** SHA-256 of the native library. */
  readonly library: string;
  /** Fingerprint of the machine. */
  readonly machine: string;
}

/** The identity of a computation's result. */
export function cellIdentity(
  { name, version, parameters }: Work,
  { model, task, precision }: WorkPlace,
  timing?: TimingIdentity,
): CellIdentity {
  return {
    experiment: name,
    ...{ version, parameters, model, task, precision },
    numerics: NUMERICS_VERSION,
    ...timing,
  };
}

/** SHA-256 of a cell's identity, in hexadecimal. */
export function cellKey(identity: CellIdentity): string {
  return sha256(canonicalJson(identity));
}
