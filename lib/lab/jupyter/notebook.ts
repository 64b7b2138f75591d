/**
 * Notebooks as files (nbformat 4.5): strict reading, deterministic writing.
 *
 * @module
 */

/** One output of a code cell, as nbformat stores it. */
export type CellOutput =
  | {
    output_type: "stream";
    name: "stdout" | "stderr";
    text: string | string[];
  }
  | {
    output_type: "display_data";
    data: Record<string, unknown>;
    metadata: Record<string, unknown>;
  }
  | {
    output_type: "execute_result";
    execution_count: number | null;
    data: Record<string, unknown>;
    metadata: Record<string, unknown>;
  }
  | {
    output_type: "error";
    ename: string;
    evalue: string;
    traceback: string[];
  };

/** One cell. */
export interface NotebookCell {
  cell_type: "code" | "markdown" | "raw";
  id?: string;
  metadata: Record<string, unknown>;
  source: string | string[];
  execution_count?: number | null;
  outputs?: CellOutput[];
}

/** One notebook. */
export interface Notebook {
  cells: NotebookCell[];
  metadata: Record<string, unknown>;
  nbformat: number;
  nbformat_minor: number;
}

/** Source text of a cell. */
export function cellSource(cell: NotebookCell): string {
  return typeof cell.source === "string" ? cell.source : cell.source.join("");
}

/** Parses notebook text. Throws a `SyntaxError` that names what is missing. */
export function parseNotebook(text: string, path: string): Notebook {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new SyntaxError(`Cannot read notebook "${path}": it is not JSON`, {
      cause,
    });
  }
  const book = value as Partial<Notebook>;
  if (
    typeof value !== "object" || value === null || !Array.isArray(book.cells)
  ) {
    throw new SyntaxError(`Cannot read notebook "${path}": it has no cells`);
  }
  if (book.nbformat !== 4) {
    throw new SyntaxError(
      `Cannot read notebook "${path}": found nbformat ${book.nbformat}, need 4`,
    );
  }
  for (const [i, cell] of book.cells.entries()) {
    const fine = typeof cell === "object" && cell !== null &&
      (typeof cell.source === "string" || Array.isArray(cell.source)) &&
      ["code", "markdown", "raw"].includes(cell.cell_type);
    if (!fine) {
      throw new SyntaxError(
        `Cannot read notebook "${path}": cell ${i} has no type or source`,
      );
    }
  }
  return book as Notebook;
}

/** Text of a notebook: one-space indent and a final newline, as `deno fmt` keeps it. */
export function formatNotebook(notebook: Notebook): string {
  return JSON.stringify(notebook, null, 1) + "\n";
}
