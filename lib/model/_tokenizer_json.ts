/** Byte-level BPE tokenizers built in code, with the pre-tokenizer rules of Qwen2 and LLaDA. Used by tests only. */

/** The characters that stand for bytes in byte-level BPE: printable ones for themselves, the others from U+0100 on. */
export const BYTE_CHARACTERS: readonly string[] = byteCharacters();

function byteCharacters(): string[] {
  const printable = (byte: number) =>
    (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
  let next = 256;
  return Array.from(
    { length: 256 },
    (_, byte) => String.fromCharCode(printable(byte) ? byte : next++),
  );
}

/** Splits contractions, words with one leading mark, single digits, runs of marks with trailing newlines, newlines, spaces. */
const QWEN2 = String
  .raw`(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`;

/** The same pieces, written with possessive quantifiers (the tokenizer of the Ling models, whose vocabulary LLaDA shares). */
const LLADA = String
  .raw`'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+`;

/** Words whose merges the tokenizers know, in byte characters. */
const WORDS = [
  "hello",
  "Ġhello",
  "Ġworld",
  "'s",
  "Ġthe",
  "ĠĠ",
  "ĊĊ",
  "Ã©",
  "123",
  "è¯",
  "!!",
];

/** A tokenizer of 256 bytes, the pieces of a few words, and special tokens after them. */
export interface BuiltTokenizer {
  readonly json: Record<string, unknown>;
  readonly config: Record<string, unknown>;
  /** Id of each special token, by name. */
  readonly ids: Readonly<Record<string, number>>;
}

/** Builds a tokenizer with the rules of a family. */
export function buildTokenizer(family: "dream" | "llada"): BuiltTokenizer {
  const dream = family === "dream";
  const names = dream
    ? [
      "<|endoftext|>",
      "<|im_start|>",
      "<|im_end|>",
      "<|beginoftext|>",
      "<|mask|>",
    ]
    : ["<|startoftext|>", "<|endoftext|>", "<|eot_id|>", "<|mdm_mask|>"];
  const vocab = new Map(
    BYTE_CHARACTERS.map((character, id) => [character, id]),
  );
  const merges: [string, string][] = [];
  for (const word of WORDS) {
    for (let end = 2; end <= word.length; end++) {
      if (vocab.has(word.slice(0, end))) continue;
      const split = end === word.length && vocab.has(word.slice(1))
        ? 1
        : end - 1;
      merges.push([word.slice(0, split), word.slice(split, end)]);
      vocab.set(word.slice(0, end), vocab.size);
    }
  }
  const ids = Object.fromEntries(
    names.map((name, i) => [name, vocab.size + i]),
  );
  const byteLevel = {
    type: "ByteLevel",
    add_prefix_space: false,
    trim_offsets: false,
    use_regex: false,
  };
  const json = {
    version: "1.0",
    added_tokens: names.map((content) => ({
      id: ids[content],
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
    })),
    normalizer: dream ? { type: "NFC" } : null,
    pre_tokenizer: {
      type: "Sequence",
      pretokenizers: [
        {
          type: "Split",
          pattern: { Regex: dream ? QWEN2 : LLADA },
          behavior: "Isolated",
          invert: false,
        },
        byteLevel,
      ],
    },
    post_processor: byteLevel,
    decoder: { ...byteLevel, add_prefix_space: true },
    model: {
      type: "BPE",
      vocab: Object.fromEntries(vocab),
      merges,
      ignore_merges: false,
    },
  };
  const config = {
    added_tokens_decoder: Object.fromEntries(
      names.map((content) => [ids[content], { content, special: true }]),
    ),
    bos_token: dream ? "<|beginoftext|>" : "<|startoftext|>",
    eos_token: "<|endoftext|>",
    pad_token: "<|endoftext|>",
    ...(dream ? { mask_token: "<|mask|>" } : {}),
  };
  return { json, config, ids };
}
