/**
 * How decoded and graded problems are known to the run store: by model, task, decoder and range alone, so that what one study or
 * `deno task evaluate` has decoded no other decodes again.
 *
 * @module
 */
import type { Split } from "../../tasks/types.ts";
import { type CellIdentity, NUMERICS_VERSION } from "../cell.ts";
import type { SharedWork } from "../experiment.ts";
import type { DecoderData } from "../experiments/methods.ts";
import { canonicalJson, sha256 } from "../json.ts";

/** What is decoded of a task, and how. JSON. */
export type DecodedRange = {
  readonly decoder: DecoderData;
  readonly split: Split;
  /** Index of the first problem. */
  readonly first: number;
  /** Number of problems. */
  readonly count: number;
};

/** What the store calls it. */
export function decodedProblems(
  { decoder, split, first, count }: DecodedRange,
): SharedWork {
  return {
    ...{ name: "decoded-problems", version: 1 },
    parameters: { decoder, split, first, count },
  };
}

/** SHA-256 of a task's problems as a model reads them, from the digests of the task and of the model's tokenizer. */
export function promptsDigest(task: string, tokenizer: string): string {
  return sha256(canonicalJson({ task, tokenizer }));
}

/** The identity under which a run finds what was decoded outside of it. */
export function decodedIdentity(
  range: DecodedRange,
  given: {
    /** Digest of the model. */
    readonly model: string;
    /** From {@linkcode promptsDigest}. */
    readonly task: string;
    /** Number format of the weights. */
    readonly precision: string;
  },
): CellIdentity {
  const { name: experiment, version, parameters } = decodedProblems(range);
  const { model, task, precision } = given;
  return {
    ...{ experiment, version, parameters, model, task, precision },
    numerics: NUMERICS_VERSION,
  };
}
