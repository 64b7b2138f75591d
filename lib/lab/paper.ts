/**
 * The numbers of the papers as typed rows, each with the record of where it was read.
 *
 * @module
 */
import { parseCsv } from "./csv.ts";
import {
  type CellType,
  PAPER_SCHEMA,
  type PaperItem,
  type PaperRow,
} from "./paper_schema.ts";

/** Which paper an item stands in. */
export type PaperId = "lopa" | "dparallel";

/** One column: its unit and meaning. */
export interface PaperColumn {
  /** As in the file's first line. */
  readonly name: string;
  /** `text`, `integer`, `number` or `flag` (0 or 1). */
  readonly type: string;
  /** Absent for text and pure numbers. */
  readonly unit?: string;
  /** What its values say. */
  readonly meaning: string;
  /** Whether the paper leaves it blank in places. */
  readonly optional?: boolean;
}

/** Where a table or figure comes from and how it was read. */
export interface PaperSource {
  /** Where it stands. */
  readonly paper: PaperId;
  /** E.g. `Table 1`, `Fig. 4`. */
  readonly item: string;
  /** What it shows. */
  readonly title: string;
  /** `table text`, `labels printed on the bars`, `digitised vector drawing` or `digitised raster picture`. */
  readonly obtained: string;
  /** How far the numbers can be trusted, e.g. `as printed`. */
  readonly accuracy: string;
  /** Number of data rows. */
  readonly rows: number;
  /** In file order. */
  readonly columns: readonly PaperColumn[];
  /** Known oddities and definitions. */
  readonly notes: readonly string[];
}

/** The sidecar `provenance.json`. */
export interface PaperProvenance {
  /** Version of this layout. */
  readonly format: number;
  /** The papers with their arXiv numbers. */
  readonly papers: Readonly<
    Record<PaperId, { name: string; arxiv: string; version?: string }>
  >;
  /** What holds for all files. */
  readonly notes: readonly string[];
  /** By file name. */
  readonly files: Readonly<Record<string, PaperSource>>;
}

/** A table or figure of a paper. */
export interface PaperTable<I extends PaperItem = PaperItem> {
  /** Stem of the file's name. */
  readonly id: I;
  /** Name of the file under `data/paper`. */
  readonly file: string;
  /** Where it comes from. */
  readonly source: PaperSource;
  /** The numbers, in file order. */
  readonly rows: readonly PaperRow<I>[];
}

const FOLDER = new URL("../../data/paper/", import.meta.url);

function convert(text: string, type: CellType, place: string): unknown {
  if (type === "text" && text !== "") return text;
  if (type.endsWith("?") && text === "") return null;
  if (type === "flag" && /^[01]$/.test(text)) return text === "1";
  const number = /^-?\d+(\.\d+)?(e-?\d+)?$/.test(text) ? Number(text) : NaN;
  const whole = type.startsWith("integer");
  if (
    (whole ? Number.isInteger(number) : Number.isFinite(number)) &&
    type !== "text" && type !== "flag"
  ) return number;
  throw new SyntaxError(`Cannot read ${place}: found "${text}", want ${type}`);
}

/** Reads `provenance.json`. Needs read permission for `data/paper`. */
export async function loadPaperProvenance(): Promise<PaperProvenance> {
  const text = await Deno.readTextFile(new URL("provenance.json", FOLDER));
  return JSON.parse(text) as PaperProvenance;
}

/**
 * Loads one table or figure. Throws `SyntaxError` when the file does not have the columns, types or number of rows that its
 * schema and provenance state. Needs read permission for `data/paper`.
 */
export async function loadPaperTable<I extends PaperItem>(
  id: I,
): Promise<PaperTable<I>> {
  const file = `${id}.csv`;
  const schema: Readonly<Record<string, CellType>> = PAPER_SCHEMA[id];
  const columns = Object.keys(schema);
  const source = (await loadPaperProvenance()).files[file];
  const records = parseCsv(
    await Deno.readTextFile(new URL(file, FOLDER)),
    file,
  );
  const found = Object.keys(records[0] ?? {}).join(",");
  if (found !== columns.join(",")) {
    throw new SyntaxError(
      `Cannot read "${file}": found columns ${found}, want ${columns}`,
    );
  }
  if (source === undefined || source.rows !== records.length) {
    throw new SyntaxError(
      `Cannot read "${file}": found ${records.length} rows, want ${
        source?.rows ?? "an entry"
      } as provenance.json states`,
    );
  }
  const rows = records.map((record, i) =>
    Object.fromEntries(
      columns.map((column) => [
        column,
        convert(
          record[column]!,
          schema[column]!,
          `"${file}" line ${i + 2}, column ${column}`,
        ),
      ]),
    ) as PaperRow<I>
  );
  return { id, file, source, rows };
}
