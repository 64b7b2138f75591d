import type { FigureRow } from "./types.ts";

function field(value: string | number | boolean | null | undefined): string {
  if (value === null || value === undefined) return "";
  const text = String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Rows as CSV (RFC 4180, line feeds); columns in order of first appearance. */
export function toCsv(rows: readonly FigureRow[]): string {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const lines = rows.map((row) => columns.map((c) => field(row[c])).join(","));
  return [columns.join(","), ...lines, ""].join("\n");
}
