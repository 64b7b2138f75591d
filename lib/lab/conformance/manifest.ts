/**
 * The manifest: every file that it lists is there, with its size and SHA-256.
 *
 * @module
 */
import { sha256 } from "../golden_archive.ts";
import type { GoldenDirectory } from "./directory.ts";
import { parseNpy } from "./npy.ts";
import { type CaseOutcome, runCase } from "./outcome.ts";

/** A file of the manifest. */
interface ManifestEntry {
  readonly bytes: number;
  readonly sha256: string;
  /** Of an array. */
  readonly shape?: readonly number[];
}

/** One case per file listed. */
export async function* manifestCases(
  directory: GoldenDirectory,
): AsyncGenerator<CaseOutcome> {
  const group = "manifest";
  let listed: Record<string, ManifestEntry> = {};
  const read = await runCase({ group, name: "MANIFEST.json" }, async () => {
    listed = await directory.json("MANIFEST.json");
  });
  if (read.status === "failed") yield read;
  for (const [path, entry] of Object.entries(listed)) {
    yield await runCase({ group, name: path }, async (check) => {
      const bytes = await directory.bytes(path);
      check.equal("bytes", { got: bytes.length, want: entry.bytes });
      check.equal("sha256", { got: await sha256(bytes), want: entry.sha256 });
      if (entry.shape !== undefined) {
        const { shape } = parseNpy(bytes, path);
        check.equal("shape", { got: shape, want: entry.shape });
      }
    });
  }
}
