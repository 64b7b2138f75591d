/**
 * Strict CSV: every row has as many cells as the header, quotes are balanced, nothing is guessed.
 *
 * @module
 */

/** Splits CSV text (RFC 4180, line feeds or CR LF) into rows of cells. Throws `SyntaxError` naming the line. */
function cells(text: string, name: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  const pattern = /("(?:[^"]|"")*"|[^",\r\n]*)(,|\r?\n|$)/gy;
  while (pattern.lastIndex < text.length) {
    const match = pattern.exec(text);
    if (match === null) {
      throw new SyntaxError(
        `Cannot read "${name}" line ${rows.length + 1}: found a stray quote`,
      );
    }
    const [, cell, end] = match as unknown as [string, string, string];
    row.push(
      cell.startsWith('"') ? cell.slice(1, -1).replaceAll('""', '"') : cell,
    );
    if (end === ",") continue;
    rows.push(row);
    row = [];
  }
  if (row.length > 0) rows.push([...row, ""]);
  return rows;
}

/**
 * Parses CSV text into records by column name. `name` stands in error messages. Throws `SyntaxError` on an empty text, a
 * repeated column or a row of the wrong length.
 */
export function parseCsv(
  text: string,
  name: string,
): Record<string, string>[] {
  const [header, ...rows] = cells(text, name);
  if (header === undefined) {
    throw new SyntaxError(
      `Cannot read "${name}": want a header, found nothing`,
    );
  }
  if (new Set(header).size < header.length) {
    throw new SyntaxError(`Cannot read "${name}": a column appears twice`);
  }
  return rows.map((row, index) => {
    if (row.length !== header.length) {
      throw new SyntaxError(
        `Cannot read "${name}" line ${
          index + 2
        }: found ${row.length} cells, want ${header.length}`,
      );
    }
    return Object.fromEntries(header.map((column, i) => [column, row[i]!]));
  });
}
