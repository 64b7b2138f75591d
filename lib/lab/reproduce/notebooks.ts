/**
 * Executing the notebooks as part of a run.
 *
 * @module
 */
import { basename, dirname, join } from "node:path";
import type { NotebookRun, RunNotebookOptions } from "../notebook_runner.ts";
import { formatSeconds } from "../progress.ts";
import type { OutputFolder } from "./output.ts";

/** Executes one notebook. */
export type NotebookRunner = (
  path: string,
  options: RunNotebookOptions,
) => Promise<NotebookRun>;

/** Paths of the notebooks in a folder, in order of their names; none when there is no such folder. */
export async function listNotebooks(folder: string): Promise<string[]> {
  try {
    const names = (await Array.fromAsync(Deno.readDir(folder)))
      .map(({ name }) => name).filter((name) => name.endsWith(".ipynb"));
    return names.sort().map((name) => join(folder, name));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

/** Executes a notebook into the output folder and says so on one line. Gives `null`, or what went wrong. */
export async function executeNotebook(
  path: string,
  options: {
    readonly output: OutputFolder;
    readonly run: NotebookRunner;
    readonly print: (text: string) => void;
  },
): Promise<string | null> {
  const name = basename(path);
  const begin = performance.now();
  const fail = (reason: string) => `notebook ${name}: ${reason}`;
  const target = join(options.output.folder, "notebooks", name);
  try {
    await Deno.mkdir(dirname(target), { recursive: true });
    const { executed, error } = await options.run(path, { output: target });
    options.output.add(join("notebooks", name));
    if (error !== null) {
      return fail(`cell ${error.cell}: ${error.name}: ${error.message}`);
    }
    const seconds = (performance.now() - begin) / 1000;
    options.print(
      `notebook ${name}: ${executed} cells · ${formatSeconds(seconds)}\n`,
    );
    return null;
  } catch (error) {
    return fail(error instanceof Error ? error.message : String(error));
  }
}
