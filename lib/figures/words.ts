/**
 * Numbers in the sentences of headings and captions.
 *
 * @module
 */

/** A difference with one decimal and its sign, which is a minus and no hyphen; `0` where it rounds to that. */
export function signed(value: number): string {
  const digits = Math.abs(value).toFixed(1);
  return Number(digits) === 0 ? "0" : `${value < 0 ? "−" : "+"}${digits}`;
}

/** The least and the most of some values as `2.1 to 2.9`, or `2.1` where they are written alike. */
export function span(
  values: readonly number[],
  write: (value: number) => string,
): string {
  const [least, most] = [Math.min(...values), Math.max(...values)].map(write);
  return least === most ? least! : `${least} to ${most}`;
}
