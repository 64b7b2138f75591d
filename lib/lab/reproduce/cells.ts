/**
 * Cells that other runs have finished.
 *
 * @module
 */
import { CellArchiveError, unpackCells } from "../cell_archive.ts";
import type { RunStore } from "../store.ts";

/**
 * Takes the cells of a file into the store and says how many.
 *
 * @throws {CellArchiveError} When there is no such file, or it is damaged, or of another mode.
 */
export async function loadCells(
  file: string,
  { store, print }: {
    readonly store: RunStore;
    readonly print: (text: string) => void;
  },
): Promise<void> {
  let bytes: Uint8Array;
  try {
    bytes = await Deno.readFile(file);
  } catch (error) {
    throw new CellArchiveError(file, (error as Error).message);
  }
  const { cells, added } = await unpackCells(bytes, { file, store });
  print(`Took ${added} of the ${cells} cells in ${file}\n`);
}
