/**
 * How decoded and graded problems are known to the run store: by model, task, decoder and range alone, so that what one study or
 * `deno task evaluate` has decoded no other decodes again.
 *
 * @module
 */
import type { Split } from "../../tasks/types.ts";
import {
  type CellIdentity,
  cellIdentity,
  type Work,
  type WorkPlace,
} from "../cell.ts";
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
): Work {
  return {
    ...{ name: "decoded-problems", version: 1 },
    parameters: { decoder, split, first, count },
  };
}

/** SHA-256 of a task's problems as a model reads them, from the digests of the task and of the model's tokenizer. */
export function promptsDigest(task: string, tokenizer: string): string {
  return sha256(canonicalJson({ task, tokenizer }));
}

/** The identity under which a run finds what was decoded outside of it; `task` from {@linkcode promptsDigest}. */
export function decodedIdentity(
  range: DecodedRange,
  place: WorkPlace,
): CellIdentity {
  return cellIdentity(decodedProblems(range), place);
}
