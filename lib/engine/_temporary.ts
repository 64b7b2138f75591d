/** Folders for tests, under `.cache/` of the repository so that one narrow permission covers them. Used by tests only. */

/** A folder that is removed when its scope ends. */
export interface TemporaryFolder extends AsyncDisposable {
  readonly path: string;
  /** URL of the folder, with a slash at its end. */
  readonly url: URL;
}

/** Creates an empty folder. */
export async function temporaryFolder(): Promise<TemporaryFolder> {
  const parent = new URL("../../.cache/tests/", import.meta.url).pathname;
  await Deno.mkdir(parent, { recursive: true });
  const path = await Deno.makeTempDir({ dir: parent });
  return {
    path,
    url: new URL(`file://${path}/`),
    [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }),
  };
}
