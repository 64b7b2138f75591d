/**
 * The arrays of `logits/<checkpoint>/` and what they hold, from the `meta-*.json` beside them.
 *
 * @module
 */
import type { GoldenDirectory } from "./directory.ts";

/** What `inputs.json` holds. */
export interface LogitInputs {
  /** Token ids by name, `[batch][length]`. */
  readonly inputs: Readonly<Record<string, readonly (readonly number[])[]>>;
}

/** What a meta file says of one array; which fields are there depends on its kind. */
export interface ArrayMeta {
  readonly shape: readonly number[];
  readonly input?: string;
  readonly attention?: "full" | "block-causal" | "causal";
  readonly block_size?: number;
  readonly prompt_length?: number;
  readonly weights?: string;
  readonly input_ids?: readonly number[];
  readonly start_pos?: number;
  readonly cache_len_before?: number;
  readonly update_kvcache?: number;
  readonly cached_positions?: readonly [number, number];
  readonly replaced_positions?: readonly [number, number];
}

/** One array and its meta. */
export interface ArrayEntry {
  readonly file: string;
  readonly meta: ArrayMeta;
}

/** One forward of a sequence over a growing cache, and the cache contents recorded after it. */
export interface CacheStep extends ArrayEntry {
  readonly keys?: ArrayEntry;
  readonly values?: ArrayEntry;
}

/** All arrays of one checkpoint, by what must be computed for them. */
export interface LogitsPlan {
  /** Logits of an input without cache. */
  readonly plain: readonly ArrayEntry[];
  /** Hidden state of an input before layer `layer`. */
  readonly hidden: readonly (ArrayEntry & { readonly layer: number })[];
  /** Sequences of D2F forwards, in order. */
  readonly sequences: readonly {
    readonly name: string;
    readonly steps: readonly CacheStep[];
  }[];
  /** The forward over the whole sequence that fills the cache, and the forwards that read it, in order. */
  readonly refresh: ArrayEntry | null;
  readonly reads: readonly ArrayEntry[];
  /** Arrays that are listed but of no known kind, and files that no meta lists. */
  readonly unknown: readonly string[];
}

const PLAIN = /^(full|causal)-/;
const HIDDEN = /^hidden-.+-(\d+)\.npy$/;
const STEP = /^d2fcache-(.+)-step(\d+)\.npy$/;
const CONTENT = /^d2fcache-(.+)-(keys|values)-after(\d+)\.npy$/;
const READ = /^cache-(?:prefix-step|dual-step)(\d*)\.npy$/;

/** Fields that a meta may have. */
const FIELDS = [
  "shape",
  "dtype",
  "input",
  "attention",
  "block_size",
  "prompt_length",
  "weights",
  "input_ids",
  "start_pos",
  "cache_len_before",
  "update_kvcache",
  "cached_positions",
  "replaced_positions",
  "source",
  "note",
];

/** Reads the meta files of `logits/<checkpoint>/` and sorts their arrays. */
export async function readLogitsPlan(
  directory: GoldenDirectory,
  folder: string,
): Promise<LogitsPlan> {
  const files = await directory.files(folder);
  const entries: ArrayEntry[] = [];
  const unknown: string[] = [];
  for (const file of files) {
    if (!/^meta-.*\.json$/.test(file)) continue;
    const metas = await directory.json<Record<string, ArrayMeta | number>>(
      `${folder}/${file}`,
    );
    for (const [name, meta] of Object.entries(metas)) {
      if (typeof meta === "number") continue;
      const strange = Object.keys(meta).filter((key) => !FIELDS.includes(key));
      if (strange.length > 0) unknown.push(`${name} field ${strange[0]}`);
      else entries.push({ file: name, meta });
    }
  }
  const listed = new Set(entries.map((entry) => entry.file));
  for (const file of files) {
    if (file.endsWith(".npy") && !listed.has(file)) unknown.push(file);
  }
  return sortEntries(entries, unknown);
}

function sortEntries(
  entries: readonly ArrayEntry[],
  unknown: string[],
): LogitsPlan {
  const plain: ArrayEntry[] = [], reads: ArrayEntry[] = [];
  const hidden: (ArrayEntry & { layer: number })[] = [];
  const steps: (ArrayEntry & { name: string; index: number })[] = [];
  const contents = new Map<string, ArrayEntry>();
  let refresh: ArrayEntry | null = null;
  for (const entry of entries) {
    const { file } = entry;
    const layer = HIDDEN.exec(file)?.[1];
    const [, name, index] = STEP.exec(file) ?? [];
    const [, owner, what, after] = CONTENT.exec(file) ?? [];
    if (layer !== undefined) hidden.push({ ...entry, layer: Number(layer) });
    else if (name !== undefined) {
      steps.push({ ...entry, name, index: Number(index) });
    } else if (owner !== undefined) {
      contents.set(`${owner} ${what} ${after}`, entry);
    } else if (PLAIN.test(file)) plain.push(entry);
    else if (file === "cache-refresh.npy") refresh = entry;
    else if (READ.test(file)) reads.push(entry);
    else unknown.push(file);
  }
  const sequences = [...Map.groupBy(steps, (step) => step.name)].map((
    [name, list],
  ) => ({
    name,
    steps: list.toSorted((a, b) => a.index - b.index).map(
      ({ index, file, meta }): CacheStep => {
        const keys = contents.get(`${name} keys ${index}`);
        const values = contents.get(`${name} values ${index}`);
        contents.delete(`${name} keys ${index}`);
        contents.delete(`${name} values ${index}`);
        return {
          file,
          meta,
          ...(keys === undefined ? {} : { keys }),
          ...(values === undefined ? {} : { values }),
        };
      },
    ),
  }));
  unknown.push(...[...contents.values()].map((entry) => entry.file));
  reads.sort((a, b) => a.file < b.file ? -1 : 1);
  return { plain, hidden, sequences, refresh, reads, unknown };
}
