/**
 * Where the tests take `@std/assert` from: JSR, or the stand-in of `tools/offline/` on a machine that cannot reach it.
 *
 * @module
 */

const ROOT = new URL("../../", import.meta.url);
const FOLDER = new URL(".offline/std_assert/", ROOT);
const STAND_IN = new URL("tools/offline/std_assert/", ROOT);
const LOCK = new URL("deno.lock", ROOT);

/** Where JSR has to answer by. */
const PATIENCE_MS = 20_000;

/** Lock file for everything that the tests start, relative to the repository: a copy, so that the committed one stays as it is. */
export const TEST_LOCK = ".cache/tests/deno.lock";

async function exists(url: URL): Promise<boolean> {
  try {
    await Deno.stat(url);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** Whether `@std/assert` can be had from JSR or from Deno's cache of it. */
async function jsrAnswers(): Promise<boolean> {
  const probe = new Deno.Command(Deno.execPath(), {
    args: [
      "cache",
      "-q",
      `--lock=${TEST_LOCK}`,
      "tools/testing/assertions_probe.ts",
    ],
    cwd: ROOT,
    stdout: "null",
    stderr: "null",
  }).spawn();
  const timer = setTimeout(() => probe.kill(), PATIENCE_MS);
  const { success } = await probe.status;
  clearTimeout(timer);
  return success;
}

async function putStandIn(): Promise<void> {
  await Deno.mkdir(FOLDER, { recursive: true });
  for (const name of ["deno.json", "mod.ts"]) {
    await Deno.copyFile(new URL(name, STAND_IN), new URL(name, FOLDER));
  }
}

/**
 * Runs `body` with assertions in place and says in one line where they come from. A stand-in put there for the run is taken away
 * afterwards, and a lock file that Deno rewrote meanwhile is put back.
 */
export async function withAssertions<T>(body: () => Promise<T>): Promise<T> {
  await Deno.mkdir(new URL(".cache/tests/", ROOT), { recursive: true });
  const lock = await Deno.readFile(LOCK);
  await Deno.writeFile(new URL(TEST_LOCK, ROOT), lock);
  const present = await exists(FOLDER);
  const standIn = present || !(await jsrAnswers());
  console.log(
    standIn
      ? `assertions: the stand-in of tools/offline (${
        present ? ".offline is there" : "JSR does not answer"
      })`
      : "assertions: @std/assert from JSR",
  );
  if (standIn) await putStandIn();
  const finish = () => {};
  Deno.addSignalListener("SIGINT", finish);
  try {
    return await body();
  } finally {
    Deno.removeSignalListener("SIGINT", finish);
    if (standIn && !present) {
      await Deno.remove(new URL(".offline/", ROOT), { recursive: true });
    }
    await restoreLock(lock);
  }
}

async function restoreLock(before: Uint8Array<ArrayBuffer>): Promise<void> {
  const now = await Deno.readFile(LOCK);
  const same = now.length === before.length &&
    now.every((byte, i) => byte === before[i]);
  if (!same) await Deno.writeFile(LOCK, before);
}
