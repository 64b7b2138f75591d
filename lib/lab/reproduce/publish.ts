/**
 * Publishing: copying a run's output to `results/`, where it is committed.
 *
 * @module
 */
import { join, relative } from "node:path";
import { writeAtomically } from "../../training/atomic.ts";
import type { GitState } from "../manifest/git.ts";
import { isUnavailable, type Recorded } from "../manifest/recorded.ts";

/** Thrown when a run may not be published. */
export class PublishRefusedError extends Error {
  override name = "PublishRefusedError";
}

/** Throws {@linkcode PublishRefusedError} unless the work tree is known to be clean. */
export function assertPublishable(git: Recorded<GitState>): void {
  if (isUnavailable(git)) {
    throw new PublishRefusedError(
      `Refused to publish: the state of the work tree is unknown (${git.unavailable}); commit, allow this program to run git, or pass --allow-dirty`,
    );
  }
  if (git.dirty) {
    throw new PublishRefusedError(
      "Refused to publish: the work tree has local changes, so nobody could tell what made the results; commit them, or pass --allow-dirty",
    );
  }
}

async function publishedBefore(results: string): Promise<string[]> {
  try {
    const text = await Deno.readTextFile(join(results, "manifest.json"));
    return Object.keys(JSON.parse(text).outputs ?? {});
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    if (error instanceof SyntaxError) return [];
    throw error;
  }
}

/**
 * Copies `files` from `folder` to `results` and removes what an earlier publication left there. Needs write permission for
 * `results`.
 */
export async function publish(
  files: readonly string[],
  places: { readonly folder: string; readonly results: string },
): Promise<void> {
  const { folder, results } = places;
  const names = files.map((file) => relative(folder, file));
  const stale = (await publishedBefore(results)).filter((name) =>
    !names.includes(name) && !name.startsWith("..")
  );
  for (const [i, name] of names.entries()) {
    await writeAtomically(join(results, name), await Deno.readFile(files[i]!));
  }
  for (const name of stale) {
    await Deno.remove(join(results, name)).catch((error) => {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    });
  }
}
