/**
 * Finished cells in one file: what stands behind published numbers, to be looked at, taken to another machine or put together
 * from the shards of several. A gzipped line of JSON for each, below a line with the digest of all.
 *
 * @module
 */
import { sealLines, unsealLines } from "../training/sealed_lines.ts";
import type { CellIdentity } from "./cell.ts";
import { cellLine, type IdentifiedCell, parseCellLine } from "./cell_line.ts";
import type { RunStore } from "./store.ts";

/** Thrown when a file holds no cells that a run could use. */
export class CellArchiveError extends SyntaxError {
  /** Builds the error; `file`: its name; `fault`: what is wrong with it. */
  constructor(file: string, fault: string) {
    super(
      `Cannot take cells from "${file}": ${fault}; want the cells.jsonl.gz that a run of this mode and version wrote`,
    );
    this.name = "CellArchiveError";
  }
}

/** The bytes of a file with those of the cells that the store has, sorted: the same cells, the same bytes. */
export async function packCells(
  store: RunStore,
  identities: readonly CellIdentity[],
): Promise<Uint8Array> {
  const lines = new Set<string>();
  for (const identity of identities) {
    const cell = await store.read(identity);
    if (cell === null) continue;
    lines.add(cellLine({ mode: store.mode, identity, cell }));
  }
  return sealLines([...lines].sort().map((line) => `${line}\n`).join(""));
}

function readCells(bytes: Uint8Array, file: string): IdentifiedCell[] {
  let lines: string[];
  try {
    lines = unsealLines(bytes).split("\n").slice(0, -1);
  } catch (error) {
    throw new CellArchiveError(file, (error as Error).message);
  }
  return lines.map((line) => {
    const cell = parseCellLine(line);
    if (cell !== null) return cell;
    throw new CellArchiveError(file, "its cells are of another format");
  });
}

/** What came of {@linkcode unpackCells}. */
export interface UnpackedCells {
  /** Cells in the file. */
  readonly cells: number;
  /** Those that the store did not have. */
  readonly added: number;
}

/**
 * Puts the cells of a file into the store, but for those that it has already.
 *
 * @param options `file`: its name, for messages.
 * @throws {CellArchiveError} When a byte of it is missing or another than was written, or its cells are of another mode or format;
 * the store is then as before.
 */
export async function unpackCells(
  bytes: Uint8Array,
  { file, store }: { readonly file: string; readonly store: RunStore },
): Promise<UnpackedCells> {
  const cells = readCells(bytes, file);
  const other = cells.find(({ mode }) => mode !== store.mode);
  if (other !== undefined) {
    throw new CellArchiveError(
      file,
      `its cells are of mode ${other.mode}, and this run's is ${store.mode}`,
    );
  }
  let added = 0;
  for (const { identity, cell } of cells) {
    if (await store.read(identity) !== null) continue;
    await store.write(identity, cell);
    added++;
  }
  return { cells: cells.length, added };
}
