/**
 * Fingerprints of files too large for memory.
 *
 * @module
 */
import { createHash } from "node:crypto";

/**
 * SHA-256 over the contents of files, as lower-case hex: the digest of the files' own digests, in the order given. File
 * names do not enter. Needs read permission.
 */
export async function digestFiles(paths: readonly string[]): Promise<string> {
  const whole = createHash("sha256");
  for (const path of paths) {
    const part = createHash("sha256");
    using file = await Deno.open(path, { read: true });
    const chunk = new Uint8Array(1 << 20);
    for (
      let got = await file.read(chunk);
      got !== null;
      got = await file.read(chunk)
    ) {
      part.update(chunk.subarray(0, got));
    }
    whole.update(part.digest());
  }
  return whole.digest("hex");
}
