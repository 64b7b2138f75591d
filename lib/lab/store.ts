/**
 * The run store: one file per finished cell, named by the hash of what made it. A file that is damaged, cut short or of
 * another cell is as good as absent.
 *
 * @module
 */
import { join } from "node:path";
import {
  writeAtomically,
  type WriteAtomicallyOptions,
} from "../training/atomic.ts";
import { type CellIdentity, cellKey, type Mode } from "./cell.ts";
import { canonicalJson, type Json, type JsonObject, sha256 } from "./json.ts";

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

/** Results of one mode in one folder; any number of processes may share it. */
export class RunStore {
  /** Folder of this mode. */
  readonly folder: string;
  /** Mode of the results in it. */
  readonly mode: Mode;
  /** Files found damaged and ignored, in the order met. */
  readonly damaged: string[] = [];
  #options: WriteAtomicallyOptions;

  /** Uses `root`, e.g. `.cache/runs`; nothing is created before the first write. */
  constructor(root: string, mode: Mode, options: WriteAtomicallyOptions = {}) {
    this.folder = join(root, mode);
    this.mode = mode;
    this.#options = options;
  }

  /** Where the cell is stored. */
  path(identity: CellIdentity): string {
    const key = cellKey(identity);
    return join(this.folder, identity.experiment, `${key}.json`);
  }

  /** The stored cell, or `null` when there is none that is whole. */
  async read(identity: CellIdentity): Promise<StoredCell | null> {
    const path = this.path(identity);
    let text: string;
    try {
      text = await Deno.readTextFile(path);
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return null;
      throw error;
    }
    const cell = this.#parse(text, identity);
    if (cell === null) this.damaged.push(path);
    return cell;
  }

  #parse(text: string, identity: CellIdentity): StoredCell | null {
    const end = text.indexOf("\n");
    const body = text.slice(end + 1);
    if (text.slice(0, end) !== sha256(body)) return null;
    const { format, mode, identity: found, ...cell } = JSON.parse(body);
    if (format !== FORMAT || mode !== this.mode) return null;
    if (canonicalJson(found) !== canonicalJson(identity)) return null;
    return cell;
  }

  /** Stores a finished cell and returns it as a later read will. Throws what {@linkcode writeAtomically} throws. */
  async write(
    identity: CellIdentity,
    cell: StoredCell,
  ): Promise<StoredCell> {
    const body = canonicalJson({
      format: FORMAT,
      mode: this.mode,
      identity,
      ...cell,
    });
    const text = `${sha256(body)}\n${body}`;
    await writeAtomically(this.path(identity), text, this.#options);
    return JSON.parse(canonicalJson(cell));
  }
}
