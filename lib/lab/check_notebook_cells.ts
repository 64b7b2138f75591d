/**
 * Type-checks and lints the cells of notebooks, which Deno's own tools pass over: the code cells of a notebook become one
 * temporary module, and what is found there is reported by notebook, cell and line.
 *
 * @module
 */

/** Folder of the temporary modules, inside the repository so that its import map holds. */
const FOLDER: URL = new URL("../../.cache/check/", import.meta.url);

/** The code cells of a notebook as one module. */
export interface CellModule {
  readonly source: string;
  /** Cell (counted from 1 over all cells) and line in it, of a line of the module; `null` for lines of no cell. */
  readonly place: (line: number) => { cell: number; line: number } | null;
}

interface Notebook {
  readonly cells: readonly {
    readonly cell_type: string;
    readonly source: string | readonly string[];
  }[];
}

/** Puts the code cells of a notebook's JSON text one after the other. */
export function cellModule(text: string): CellModule {
  const { cells } = JSON.parse(text) as Notebook;
  const lines: string[] = [];
  const places: { cell: number; line: number }[] = [];
  cells.forEach(({ cell_type, source }, index) => {
    if (cell_type !== "code") return;
    const code = typeof source === "string" ? source : source.join("");
    code.split("\n").forEach((line, at) => {
      lines.push(line);
      places.push({ cell: index + 1, line: at + 1 });
    });
  });
  return {
    source: [...lines, "export {};", ""].join("\n"),
    place: (line) => places[line - 1] ?? null,
  };
}

/** Replaces the places that `deno check` and `deno lint` name by the notebook's name, cell and line. */
export function mapLines(
  output: string,
  given: { module: string; notebook: string; cells: CellModule },
): string {
  const { module, notebook, cells } = given;
  const place = /(?::(\d+):(\d+)|: line (\d+), col (\d+))/.source;
  return output.replaceAll(
    new RegExp(RegExp.escape(module) + place, "g"),
    (_, checkLine, checkColumn, lintLine, lintColumn) => {
      const found = cells.place(Number(checkLine ?? lintLine));
      if (found === null) return notebook;
      const { cell, line } = found;
      return `${notebook} cell ${cell} line ${line}:${
        checkColumn ?? lintColumn
      }`;
    },
  );
}

/** How notebooks are checked. */
export interface CheckCellsOptions {
  /** Lock file for the Deno processes. Default: the project's. */
  readonly lock?: string;
}

/**
 * Checks one notebook and returns what is wrong with it, or `null`. Needs write permission for `.cache/check` and run permission
 * for Deno itself.
 */
export async function checkNotebookCells(
  notebook: URL,
  options: CheckCellsOptions = {},
): Promise<string | null> {
  const cells = cellModule(await Deno.readTextFile(notebook));
  const folder = new URL(`${crypto.randomUUID()}/`, FOLDER);
  await Deno.mkdir(folder, { recursive: true });
  const module = new URL("cells.ts", folder);
  try {
    await Deno.writeTextFile(module, cells.source);
    const lock = options.lock === undefined ? [] : [`--lock=${options.lock}`];
    const found = [
      await deno(["check", "-q", ...lock, module.pathname]),
      await deno(["lint", "-q", "--compact", module.pathname]),
    ].filter((text) => text !== null);
    if (found.length === 0) return null;
    const name = decodeURIComponent(notebook.pathname.split("/").at(-1)!);
    const names = { module: module.href, notebook: name, cells };
    return found.map((text) => mapLines(text, names)).join("\n");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Output of a Deno command that failed, `null` of one that did not. */
async function deno(args: string[]): Promise<string | null> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args,
    cwd: new URL("../../", import.meta.url),
    env: { NO_COLOR: "1" },
  }).output();
  const decoder = new TextDecoder();
  return success ? null : decoder.decode(stdout) + decoder.decode(stderr);
}
