/**
 * The prompt format, the same at training and at test: task tag, question, separator.
 *
 * @module
 */

/** Tags of the task families. */
export const TASK_TAGS = {
  gsm: "<|gsm|>",
  free: "<|free|>",
  code: "<|code|>",
} as const;

/** Stands between prompt and answer. */
export const SEPARATOR = "<|answer|>";

/** Puts a question between its tag and the separator. */
export function framePrompt(
  tag: keyof typeof TASK_TAGS,
  question: string,
): string {
  return TASK_TAGS[tag] + question + SEPARATOR;
}
