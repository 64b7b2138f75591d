/**
 * Tokenizers in the `tokenizer.json` format.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { Tokenizer as Implementation } from "@huggingface/tokenizers";
import { TokenizerError } from "./errors.ts";
import { namedToken } from "./special_ids.ts";
import type { Tokenizer } from "./tokenizer.ts";

/** What stands beside `tokenizer.json`. */
export interface HubTokenizerOptions {
  /** Parsed `tokenizer_config.json`. */
  readonly config?: unknown;
  /** The model's mask id. Default: the tokenizer's own. */
  readonly maskId?: number | null;
  /** Whether the model is a causal language model, which needs no mask token. Default false. */
  readonly causal?: boolean;
}

/** A tokenizer read from the parsed contents of `tokenizer.json`. */
export class HubTokenizer implements Tokenizer {
  readonly maskId: number | null;
  readonly bosId: number | null;
  readonly size: number;
  readonly digest: string;
  readonly #implementation: Implementation;

  /** @throws {TokenizerError} When the contents are no tokenizer, or the mask token is missing. */
  constructor(json: unknown, options: HubTokenizerOptions = {}) {
    const config = options.config ?? {};
    try {
      this.#implementation = new Implementation(json as object, config);
    } catch (cause) {
      throw new TokenizerError(
        `tokenizer.json cannot be used: ${(cause as Error).message}`,
      );
    }
    this.size = this.#implementation.get_vocab().size;
    this.maskId = this.#findMask(
      namedToken(config, "mask_token"),
      options,
    );
    const bos = namedToken(config, "bos_token");
    this.bosId = bos === null
      ? null
      : this.#implementation.token_to_id(bos) ?? null;
    this.digest = createHash("sha256").update(JSON.stringify(json)).digest(
      "hex",
    );
  }

  /** Ids of a text. */
  encode(text: string, options: { readonly bos?: boolean } = {}): Int32Array {
    const { ids } = this.#implementation.encode(text, {
      add_special_tokens: false,
    });
    if (!options.bos) return Int32Array.from(ids);
    if (this.bosId === null) {
      throw new TokenizerError(
        "this tokenizer names no beginning-of-sequence token; encode without bos",
      );
    }
    return Int32Array.from([this.bosId, ...ids]);
  }

  /** Text of ids. */
  decode(
    ids: ArrayLike<number>,
    options: { readonly skipSpecial?: boolean } = {},
  ): string {
    const known = Array.from(ids).filter((id) =>
      this.#implementation.id_to_token(id) !== undefined
    );
    if (known.length === 0) return "";
    return this.#implementation.decode(known, {
      skip_special_tokens: options.skipSpecial ?? false,
      clean_up_tokenization_spaces: false,
    });
  }

  /** What to show for one id. */
  display(id: number): string {
    const token = this.#implementation.id_to_token(id);
    if (token === undefined) return `<${id}>`;
    const text = this.decode([id]);
    return text.includes("\ufffd") ? token : text;
  }

  #findMask(
    name: string | null,
    { maskId: id = null, causal = false }: HubTokenizerOptions,
  ): number | null {
    if (id !== null) {
      if (this.#implementation.id_to_token(id) !== undefined) return id;
      throw new TokenizerError(
        `the model's mask id ${id} is not among the ${this.size} tokens of tokenizer.json; take the tokenizer of the same model`,
      );
    }
    const found = name === null
      ? undefined
      : this.#implementation.token_to_id(name);
    if (found !== undefined) return found;
    if (causal) return null;
    throw new TokenizerError(
      name === null
        ? "neither config.json (mask_token_id) nor tokenizer_config.json (mask_token) names the mask token"
        : `tokenizer.json lacks the mask token ${
          JSON.stringify(name)
        } that tokenizer_config.json names`,
    );
  }
}
