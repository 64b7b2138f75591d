/**
 * Wide result rows as tables for reading: chosen columns under their names, numbers with their intervals in one cell.
 *
 * @module
 */
import type { FigureRow } from "./types.ts";

/** A value as raw tables show it: four significant digits, whole numbers in full, nothing for `null`. */
export function cellText(value: FigureRow[string] | undefined): string {
  if (value === null || value === undefined) return "";
  if (typeof value !== "number" || Number.isInteger(value)) {
    return String(value);
  }
  return String(Number(value.toPrecision(4)));
}

/** A number as a table for reading shows it: three significant digits, whole from 100 on. */
function short(value: FigureRow[string] | undefined): string | number | null {
  if (value === null || value === undefined) return null;
  if (typeof value !== "number") return String(value);
  return Math.abs(value) >= 100
    ? Math.round(value)
    : Number(value.toPrecision(3));
}

/** A space that no line is broken at. */
const FIXED = "\u00a0";

/** A number with its interval in the same digits, about three; a line may break before the bracket alone. */
function withInterval(value: number, low: number, high: number): string {
  const size = Math.max(
    Math.abs(value),
    0.3 * Math.max(Math.abs(low), Math.abs(high)),
  );
  const place = size === 0 ? 0 : Math.floor(Math.log10(size));
  const digits = Math.max(0, Math.min(6, 2 - place));
  const [middle, ...ends] = [value, low, high].map((x) => x.toFixed(digits));
  return `${middle} (${ends.join(`${FIXED}to${FIXED}`)})`;
}

/** Whether a cell of {@linkcode readableRows} is a number, with its interval or without. */
export function isNumeric(value: FigureRow[string] | undefined): boolean {
  return typeof value === "number" ||
    typeof value === "string" &&
      /^-?[\d.]+ \(-?[\d.]+\u00a0to\u00a0-?[\d.]+\)$/.test(value);
}

/**
 * Rows with the columns that `columns` names, in its order and under its titles. Where a row also has `NAME_low` and `NAME_high`,
 * they follow the number in brackets.
 *
 * @example
 * ```ts
 * import { readableRows } from "dllm-lab";
 *
 * const rows = [{ tpf: 2.4046, tpf_low: 2.3, tpf_high: 2.51 }];
 * console.log(readableRows(rows, { tpf: "TPF" })); // [{ TPF: "2.40 (2.30 to 2.51)" }]
 * ```
 */
export function readableRows(
  rows: readonly FigureRow[],
  columns: Readonly<Record<string, string>>,
): FigureRow[] {
  return rows.map((row) =>
    Object.fromEntries(
      Object.entries(columns).map(([name, title]) => {
        const value = row[name];
        const low = row[`${name}_low`], high = row[`${name}_high`];
        return typeof value === "number" && typeof low === "number" &&
            typeof high === "number"
          ? [title, withInterval(value, low, high)]
          : [title, short(value)];
      }),
    )
  );
}
