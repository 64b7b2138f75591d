/**
 * A finished cell as one line of JSON: what made it, and what came out.
 *
 * @module
 */
import type { CellIdentity, Mode } from "./cell.ts";
import { canonicalJson, type Json, type JsonObject } from "./json.ts";

const FORMAT = 1;

/** A finished cell. */
export interface StoredCell<R extends Json = Json> {
  /** What the cell's computation gave. */
  readonly result: R;
  /** Time the computation took, in milliseconds. */
  readonly ms: number;
  /** What computed it, for provenance: runtime, native library. Not part of the identity. */
  readonly made?: JsonObject;
}

/** A finished cell with the mode it was computed in and its identity. */
export interface IdentifiedCell {
  readonly mode: Mode;
  readonly identity: CellIdentity;
  readonly cell: StoredCell;
}

/** The line of a cell; the same cell gives the same line. */
export function cellLine({ mode, identity, cell }: IdentifiedCell): string {
  return canonicalJson({ format: FORMAT, mode, identity, ...cell });
}

/** Reads a line that {@linkcode cellLine} made and that is known to be whole; `null` where another version's format differs. */
export function parseCellLine(line: string): IdentifiedCell | null {
  const { format, mode, identity, ...cell } = JSON.parse(line);
  return format === FORMAT ? { mode, identity, cell } : null;
}
