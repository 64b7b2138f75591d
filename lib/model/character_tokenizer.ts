/**
 * Vocabularies of one character per token, in the `toy_vocab.json` format: `id_to_string` and the ids `bos`, `eos`, `mask`.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { TokenizerError } from "./errors.ts";
import type { Tokenizer } from "./tokenizer.ts";

/** A tokenizer of single characters and named special tokens. */
export class CharacterTokenizer implements Tokenizer {
  readonly maskId: number | null;
  readonly bosId: number | null;
  readonly size: number;
  readonly digest: string;
  /** String of each id. */
  readonly strings: readonly string[];
  readonly #ids: ReadonlyMap<string, number>;
  readonly #token: RegExp;

  /** @throws {TokenizerError} When the contents are malformed, or the mask token of a diffusion model is missing. */
  constructor(
    json: unknown,
    options: { readonly maskId?: number | null; readonly causal?: boolean } =
      {},
  ) {
    const { id_to_string: strings, bos, mask } = (json ?? {}) as Record<
      string,
      unknown
    >;
    if (
      !Array.isArray(strings) || strings.length === 0 ||
      !strings.every((text) => typeof text === "string" && text !== "")
    ) {
      throw new TokenizerError(
        "toy_vocab.json has no id_to_string, a list of non-empty strings",
      );
    }
    const maskId = options.maskId ?? mask ?? null;
    const needless = maskId === null && options.causal === true;
    const known = typeof maskId === "number" && strings[maskId] !== undefined;
    if (!known && !needless) {
      throw new TokenizerError(
        `the mask id ${maskId} is not among the ${strings.length} tokens of toy_vocab.json`,
      );
    }
    this.strings = strings;
    this.maskId = known ? maskId : null;
    this.bosId = typeof bos === "number" && bos < strings.length ? bos : null;
    this.size = strings.length;
    this.digest = createHash("sha256").update(JSON.stringify(json)).digest(
      "hex",
    );
    this.#ids = new Map(strings.map((text, id) => [text, id]));
    if (this.#ids.size < strings.length) {
      throw new TokenizerError("toy_vocab.json gives one string to two ids");
    }
    const special = strings.filter((text) => [...text].length > 1).sort((
      a,
      b,
    ) => b.length - a.length);
    this.#token = new RegExp(
      [...special.map(RegExp.escape), "[^]"].join("|"),
      "gu",
    );
  }

  /** Ids of a text. */
  encode(text: string, options: { readonly bos?: boolean } = {}): Int32Array {
    const ids = Array.from(text.matchAll(this.#token), ([part]) => {
      const id = this.#ids.get(part);
      if (id !== undefined) return id;
      throw new TokenizerError(
        `the character ${
          JSON.stringify(part)
        } is not in this vocabulary of ${this.size} tokens`,
      );
    });
    if (!options.bos) return Int32Array.from(ids);
    if (this.bosId === null) {
      throw new TokenizerError(
        "this vocabulary has no beginning-of-sequence token; encode without bos",
      );
    }
    return Int32Array.from([this.bosId, ...ids]);
  }

  /** Text of ids; a special token is one of more than one character. */
  decode(
    ids: ArrayLike<number>,
    options: { readonly skipSpecial?: boolean } = {},
  ): string {
    const strings = Array.from(ids, (id) => this.strings[id] ?? "");
    return strings.filter((text) =>
      !options.skipSpecial || [...text].length === 1
    ).join("");
  }

  /** What to show for one id. */
  display(id: number): string {
    return this.strings[id] ?? `<${id}>`;
  }
}
