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
import { cellLine, parseCellLine, type StoredCell } from "./cell_line.ts";
import { canonicalJson, sha256 } from "./json.ts";

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
    const line = text.slice(end + 1);
    if (text.slice(0, end) !== sha256(line)) return null;
    const found = parseCellLine(line);
    if (found?.mode !== this.mode) return null;
    if (canonicalJson(found.identity) !== canonicalJson(identity)) return null;
    return found.cell;
  }

  /** Stores a finished cell and returns it as a later read will. Throws what {@linkcode writeAtomically} throws. */
  async write(
    identity: CellIdentity,
    cell: StoredCell,
  ): Promise<StoredCell> {
    const line = cellLine({ mode: this.mode, identity, cell });
    const text = `${sha256(line)}\n${line}`;
    await writeAtomically(this.path(identity), text, this.#options);
    return JSON.parse(canonicalJson(cell));
  }
}
