/**
 * Gzipped lines of text that prove their own content: the first is the SHA-256 of all others.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { gunzipSync, gzipSync } from "node:zlib";

/** More text than this is refused, so that a small file cannot fill the memory. */
const MOST_BYTES = 2 ** 30;

function digestOf(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/** The bytes of a file that holds `text`; the same text gives the same bytes. */
export function sealLines(text: string): Uint8Array {
  return gzipSync(`${digestOf(text)}\n${text}`);
}

/**
 * The text of a file that {@linkcode sealLines} made.
 *
 * @throws {SyntaxError} When a byte is missing or another than was written; the message says how, and names no file.
 */
export function unsealLines(bytes: Uint8Array): string {
  let text: string;
  try {
    text = gunzipSync(bytes, { maxOutputLength: MOST_BYTES }).toString();
  } catch (error) {
    throw new SyntaxError((error as Error).message);
  }
  const end = text.indexOf("\n");
  const lines = text.slice(end + 1);
  if (text.slice(0, end) !== digestOf(lines)) {
    throw new SyntaxError("its content does not match its SHA-256");
  }
  return lines;
}
