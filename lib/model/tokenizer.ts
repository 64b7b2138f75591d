/**
 * Text to token ids and back.
 *
 * @module
 */
import { TokenizerError } from "./errors.ts";
import { HubTokenizer } from "./hub_tokenizer.ts";
import { type JsonObject, tokenId } from "./config_values.ts";
import { readJsonIfPresent } from "./json_file.ts";
import { CharacterTokenizer } from "./character_tokenizer.ts";

/** A tokenizer as prompts, traces and graders use it. */
export interface Tokenizer {
  /**
   * Id of the mask token; its string is never produced by decoding a finished answer. `null` where the tokenizer of a causal
   * language model names none.
   */
  readonly maskId: number | null;
  /** Beginning-of-sequence id, or `null` where the tokenizer names none. */
  readonly bosId: number | null;
  /** Number of ids with a string. */
  readonly size: number;
  /** SHA-256 of what defines the tokenizer. */
  readonly digest: string;
  /**
   * Ids of a text. Special and added tokens that stand in the text become their own ids; nothing is added, no
   * beginning-of-sequence token either, unless `bos` asks for it.
   *
   * @throws {TokenizerError} When a character has no id, or `bos` is asked of a tokenizer without one.
   */
  encode(text: string, options?: { readonly bos?: boolean }): Int32Array;
  /** Text of ids, special tokens included unless `skipSpecial`. Ids without a string give nothing. */
  decode(
    ids: ArrayLike<number>,
    options?: { readonly skipSpecial?: boolean },
  ): string;
  /** What to show for one id: its own text, or its name where it is no whole text. */
  display(id: number): string;
}

/**
 * Loads the tokenizer of a checkpoint folder: `tokenizer.json` (with `tokenizer_config.json` where present), else the
 * one-character vocabulary `toy_vocab.json`. Needs read permission.
 *
 * @throws {TokenizerError} When there is none, when it is malformed, or when it lacks the mask token that `config.json` (or
 * its own configuration) names; only the tokenizer of a causal language model needs none.
 */
export async function loadTokenizer(directory: string): Promise<Tokenizer> {
  const config =
    (await readJsonIfPresent(`${directory}/config.json`) ?? {}) as JsonObject;
  const maskId = tokenId(config, "mask_token_id");
  const causal = config["model_type"] === "qwen2";
  const json = await readJsonIfPresent(`${directory}/tokenizer.json`);
  if (json !== undefined) {
    return new HubTokenizer(json, {
      config: await readJsonIfPresent(`${directory}/tokenizer_config.json`) ??
        {},
      maskId,
      causal,
    });
  }
  const characters = await readJsonIfPresent(`${directory}/toy_vocab.json`);
  if (characters !== undefined) {
    return new CharacterTokenizer(characters, { maskId, causal });
  }
  throw new TokenizerError(
    `${directory} has neither tokenizer.json nor toy_vocab.json; copy the tokenizer's files beside config.json`,
  );
}
