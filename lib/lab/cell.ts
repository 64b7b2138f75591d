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

/** Everything that made a cell's result. */
export interface CellIdentity {
  readonly experiment: string;
  /** Version of the experiment's procedure. */
  readonly version: number;
  readonly parameters: JsonObject;
  /** SHA-256 of the model's files; `null` where no model takes part. */
  readonly model: string | null;
  /** SHA-256 of the prompts and targets; `null` where none take part. */
  readonly task: string | null;
  /** Number format of the weights, e.g. `f32`. */
  readonly precision: string;
  readonly numerics: number;
  /** SHA-256 of the native library; timing cells only. */
  readonly library?: string;
  /** Fingerprint of the machine; timing cells only. */
  readonly machine?: string;
}

/** SHA-256 of a cell's identity, in hexadecimal. */
export function cellKey(identity: CellIdentity): string {
  return sha256(canonicalJson(identity));
}
