/**
 * What the command lines of the lab have in common: errors, and options of decoders by name.
 *
 * @module
 */

/** A command line that cannot be carried out. */
export class UsageError extends TypeError {
  /** Always `UsageError`. */
  override readonly name = "UsageError";
}

/** `--block-size` as the library calls it: `blockSize`. */
export function optionName(flag: string): string {
  return flag.replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
}

/** A value as JSON where it is JSON, else as text. */
export function optionValue(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/**
 * A whole number of at least `least`.
 *
 * @throws {UsageError} Naming the option.
 */
export function wholeNumber(
  text: string,
  { name, least }: { readonly name: string; readonly least: number },
): number {
  const number = Number(text);
  if (text.trim() !== "" && Number.isSafeInteger(number) && number >= least) {
    return number;
  }
  throw new UsageError(
    `Cannot read --${name}: got "${text}", want a whole number of at least ${least}`,
  );
}
