/**
 * What the sandbox and its processes say to each other: one JSON object per line.
 *
 * @module
 */

/** A program to run. */
export interface SandboxRequest {
  /** Random text that the answer has to repeat. */
  readonly nonce: string;
  /** The program. */
  readonly source: string;
  /** Name of the function to call: letters only. */
  readonly functionName: string;
  /** Arguments of each call, as the JSON text of a list. */
  readonly inputs: readonly string[];
}

/** What came of it. */
export interface SandboxReply {
  /** The request's. */
  readonly nonce: string;
  /** Per input `=` and the JSON text of what was returned, or `!` and what went wrong; one entry where nothing could be called. */
  readonly results: readonly string[];
}

/** Longest line that a process may write, in characters. */
export const MAX_LINE = 1 << 18;

/** Reads a reply; `null` for any line that is none for this nonce. */
export function readReply(line: string, nonce: string): SandboxReply | null {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return null;
  }
  if (typeof value !== "object" || value === null) return null;
  const { nonce: given, results } = value as Partial<SandboxReply>;
  const sound = given === nonce && Array.isArray(results) &&
    results.every((result) => typeof result === "string");
  return sound ? { nonce, results } : null;
}
