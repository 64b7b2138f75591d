/**
 * Wide result rows as tables for reading: chosen columns under their names, numbers with their intervals in one cell.
 *
 * @module
 */
import type { FigureRow } from "./types.ts";

/** A number as a table for reading shows it: three significant digits, whole from 100 on. */
function short(value: FigureRow[string] | undefined): string | number | null {
  if (value === null || value === undefined) return null;
  if (typeof value !== "number") return String(value);
  return Math.abs(value) >= 100
    ? Math.round(value)
    : Number(value.toPrecision(3));
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
 * console.log(readableRows(rows, { tpf: "TPF" })); // [{ TPF: "2.4 (2.3 to 2.51)" }]
 * ```
 */
export function readableRows(
  rows: readonly FigureRow[],
  columns: Readonly<Record<string, string>>,
): FigureRow[] {
  return rows.map((row) =>
    Object.fromEntries(
      Object.entries(columns).map(([name, title]) => {
        const value = short(row[name]);
        const low = short(row[`${name}_low`]),
          high = short(row[`${name}_high`]);
        return value === null || low === null || high === null
          ? [title, value]
          : [title, `${value} (${low} to ${high})`];
      }),
    )
  );
}
