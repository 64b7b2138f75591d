/**
 * Fingerprints of tasks.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { PIECE_PATTERN, VOCABULARY } from "./vocabulary.ts";

/** SHA-256 of a task's name, its generator's version, and the vocabulary with its rule. */
export function taskDigest(name: string, version: number): string {
  const content = JSON.stringify([name, version, VOCABULARY, PIECE_PATTERN]);
  return createHash("sha256").update(content).digest("hex");
}
