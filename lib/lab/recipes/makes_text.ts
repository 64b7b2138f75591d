/**
 * What a recipe makes, in words.
 *
 * @module
 */

/** As the beginning of a sentence; a model's name stays as it is. */
export function makesSentence(makes: string): string {
  const [first = ""] = makes.split(" ", 1);
  const rest = makes.slice(first.length);
  return first.endsWith("-mini")
    ? `\`${first}\`${rest}`
    : first.charAt(0).toUpperCase() + first.slice(1) + rest;
}
