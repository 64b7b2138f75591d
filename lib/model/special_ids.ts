/**
 * The special tokens that `tokenizer_config.json` declares.
 *
 * @module
 */
import type { SpecialIds } from "./config.ts";

/** Name of a special token, given as a string or as an object with `content`; `null` where there is none. */
export function namedToken(config: unknown, key: string): string | null {
  const value = (config as Record<string, unknown> | null)?.[key];
  if (typeof value === "string") return value;
  const content = (value as { content?: unknown } | null | undefined)?.content;
  return typeof content === "string" ? content : null;
}

/**
 * Ids of the special tokens, as far as `tokenizer_config.json` gives both names and ids (`added_tokens_decoder`).
 *
 * @param config Parsed `tokenizer_config.json`.
 */
export function declaredIds(config: unknown): SpecialIds {
  const added =
    (config as { added_tokens_decoder?: Record<string, unknown> } | null)
      ?.added_tokens_decoder ?? {};
  const ids = new Map(
    Object.entries(added).map((
      [id, token],
    ) => [namedToken({ token }, "token"), Number(id)]),
  );
  const find = (key: string) => {
    const name = namedToken(config, key);
    return name === null ? null : ids.get(name) ?? null;
  };
  return {
    mask: find("mask_token"),
    eos: find("eos_token"),
    pad: find("pad_token"),
    bos: find("bos_token"),
  };
}

/**
 * Special ids of a model: mask and end of sequence as the model's configuration says, padding and beginning of sequence as
 * the tokenizer says; each from the other where one is silent. (The beginning token of Dream's tokenizer and the padding
 * token of DiffuCoder's differ from those of their `config.json`, and the decoders go by the tokenizer.)
 */
export function reconcileIds(
  model: SpecialIds,
  tokenizer: SpecialIds,
): SpecialIds {
  return {
    mask: model.mask ?? tokenizer.mask,
    eos: model.eos ?? tokenizer.eos,
    pad: tokenizer.pad ?? model.pad,
    bos: tokenizer.bos ?? model.bos,
  };
}
