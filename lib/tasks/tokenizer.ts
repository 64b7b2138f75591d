/**
 * The tokenizer of all tasks, as files in Hugging Face layout and ready for use.
 *
 * @module
 */
import { HubTokenizer } from "../model/hub_tokenizer.ts";
import type { Tokenizer } from "../model/tokenizer.ts";
import { TaskError } from "./errors.ts";
import type { EncodedProblem, Problem } from "./types.ts";
import {
  FRAME_NAMES,
  PIECE_PATTERN,
  SPECIAL,
  SPECIAL_NAMES,
  VOCABULARY,
} from "./vocabulary.ts";

/** Contents of the files that make a tokenizer, by name. */
export type TokenizerFiles = Readonly<
  Record<"tokenizer.json" | "tokenizer_config.json", unknown>
>;

/** A token that stands in text under its own name. Frame tokens are no special ones: decoding an answer keeps them visible. */
function addedToken(content: string, id: number) {
  return {
    id,
    content,
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
    special: id < SPECIAL_NAMES.length,
  };
}

/**
 * The files: a BPE model without merges, whose pre-tokenizer already cuts whole pieces. What is in no piece of the vocabulary
 * has no id.
 */
export function tokenizerFiles(): TokenizerFiles {
  const added = [...SPECIAL_NAMES, ...FRAME_NAMES].map(addedToken);
  return {
    "tokenizer.json": {
      version: "1.0",
      truncation: null,
      padding: null,
      added_tokens: added,
      normalizer: null,
      pre_tokenizer: {
        type: "Split",
        pattern: { Regex: PIECE_PATTERN },
        behavior: "Isolated",
        invert: false,
      },
      post_processor: null,
      decoder: { type: "Fuse" },
      model: {
        type: "BPE",
        dropout: null,
        unk_token: null,
        continuing_subword_prefix: null,
        end_of_word_suffix: null,
        fuse_unk: false,
        byte_fallback: false,
        ignore_merges: true,
        vocab: Object.fromEntries(VOCABULARY.map((piece, id) => [piece, id])),
        merges: [],
      },
    },
    "tokenizer_config.json": {
      tokenizer_class: "PreTrainedTokenizerFast",
      added_tokens_decoder: Object.fromEntries(
        added.map(({ id, ...token }) => [id, token]),
      ),
      bos_token: SPECIAL_NAMES[SPECIAL.bos],
      eos_token: SPECIAL_NAMES[SPECIAL.eos],
      pad_token: SPECIAL_NAMES[SPECIAL.eos],
      mask_token: SPECIAL_NAMES[SPECIAL.mask],
      clean_up_tokenization_spaces: false,
      model_max_length: 128,
    },
  };
}

/** Writes the files into a model's folder. Needs write permission. */
export async function writeTokenizer(directory: string): Promise<void> {
  for (const [name, content] of Object.entries(tokenizerFiles())) {
    const text = JSON.stringify(content, null, 1) + "\n";
    await Deno.writeTextFile(`${directory}/${name}`, text);
  }
}

let shared: Tokenizer | undefined;

/** The tokenizer of all tasks. */
export function taskTokenizer(): Tokenizer {
  if (shared !== undefined) return shared;
  const files = tokenizerFiles();
  shared = new HubTokenizer(files["tokenizer.json"], {
    config: files["tokenizer_config.json"],
  });
  return shared;
}

function encodeAll(text: string, bos: boolean): Int32Array {
  const ids = taskTokenizer().encode(text, { bos });
  let length = bos ? -SPECIAL_NAMES[SPECIAL.bos].length : 0;
  for (const id of ids) length += VOCABULARY[id]!.length;
  if (length === text.length) return ids;
  throw new TaskError(
    `the vocabulary of the tasks lacks a piece of ${
      JSON.stringify(text)
    }; its ids read as ${
      JSON.stringify(taskTokenizer().decode(ids))
    }: add the piece to vocabulary.ts`,
  );
}

/**
 * Ids of a problem's prompt and of its reference answer.
 *
 * @throws {TaskError} If the vocabulary lacks a piece of them.
 */
export function encodeProblem(
  problem: Pick<Problem, "prompt" | "answer">,
): EncodedProblem {
  return {
    prompt: encodeAll(problem.prompt, true),
    answer: encodeAll(problem.answer, false),
  };
}
