/**
 * The vocabulary of the tiny models: one character per token, a begin token before every prompt.
 *
 * @module
 */

/** A character vocabulary. */
export interface ToyVocabulary {
  /** Text of every id. */
  readonly strings: readonly string[];
  readonly bos: number;
  readonly eos: number;
  readonly mask: number;
}

/** Reads `toy_vocab.json` of a tiny model's folder. Throws `SyntaxError` on anything else. */
export async function loadToyVocabulary(
  directory: string,
): Promise<ToyVocabulary> {
  const path = `${directory}/toy_vocab.json`;
  const { id_to_string: strings, bos, eos, mask } = JSON.parse(
    await Deno.readTextFile(path),
  );
  const ids = [bos, eos, mask];
  if (
    !Array.isArray(strings) ||
    strings.some((text) => typeof text !== "string") ||
    ids.some((id) => !Number.isInteger(id) || strings[id] === undefined)
  ) {
    throw new SyntaxError(
      `Cannot read "${path}": want id_to_string with the texts of all ids, and bos, eos and mask among them`,
    );
  }
  return { strings, bos, eos, mask };
}

/** Ids of a prompt, the begin token first. Throws `RangeError` on a character that is not in the vocabulary. */
export function encodePrompt(
  text: string,
  { strings, bos }: ToyVocabulary,
): Int32Array {
  const ids = Array.from(text, (character) => {
    const id = strings.indexOf(character);
    if (id >= 0) return id;
    throw new RangeError(
      `Cannot encode ${JSON.stringify(text)}: the vocabulary has no ${
        JSON.stringify(character)
      }`,
    );
  });
  return Int32Array.from([bos, ...ids]);
}

/** Text of ids up to the first end token. */
export function decodeAnswer(
  ids: ArrayLike<number>,
  { strings, eos }: Pick<ToyVocabulary, "strings" | "eos">,
): string {
  const list = Array.from(ids);
  const end = list.indexOf(eos);
  return list.slice(0, end < 0 ? list.length : end)
    .map((id) => strings[id] ?? "").join("");
}
