/**
 * What a recipe is trained on: problems by task, and the tokenizer that they share.
 *
 * @module
 */
import type { SpecialIds } from "../../model/config.ts";
import type { Split } from "../../tasks/types.ts";
import type { Example } from "../../training/canvas.ts";

/** Problems of one task as token ids. */
export interface TaskExamples {
  /** Digest of generator and vocabulary. */
  readonly digest: string;
  /** The problem of an index with its answer, the last token of which is the end of sequence. */
  example(split: Split, index: number): Example;
}

/** The tasks and their tokenizer. */
export interface RecipeWorld {
  /** Tasks by name. */
  readonly tasks: ReadonlyMap<string, TaskExamples>;
  /** Ids of the tokenizer's special tokens; mask and end of sequence are never `null`. */
  readonly ids: SpecialIds;
  /** Number of tokens. */
  readonly size: number;
  /** Contents of `tokenizer.json`. */
  readonly tokenizer: unknown;
  /** Contents of `tokenizer_config.json`. */
  readonly tokenizerConfig: unknown;
}
