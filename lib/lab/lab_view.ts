/**
 * Results of an experiment in a notebook: a figure or a table by name, or a plain line where the results do not hold it.
 *
 * @module
 */
import { readableRows } from "../figures/readable.ts";
import { showFigure, showTable } from "../figures/show.ts";
import type { FigureRow } from "../figures/types.ts";
import type { LabResults } from "./lab.ts";

/** Why results do not hold something, in a sentence. */
export function absence(lab: LabResults, what: string): string {
  const why = lab.cells.length === 0
    ? `"${lab.id}" has no results, for none of its models is there`
    : `the ${lab.cells.length} results of "${lab.id}" in mode ${lab.mode} do not allow it; models or methods are missing`;
  return `No ${what}: ${why}.`;
}

/** Shows a figure of the results by its id, or says that there is none. */
export async function showLabFigure(
  lab: LabResults,
  id: string,
): Promise<void> {
  const figure = lab.figures.find((figure) => figure.id === id);
  if (figure === undefined) console.log(absence(lab, `figure "${id}"`));
  else await showFigure(figure);
}

/** What of a table is shown. */
export interface LabTableOptions {
  /** Columns in their order, with the titles to show; intervals join their numbers, see `readableRows`. */
  readonly columns: Readonly<Record<string, string>>;
  /** Rows to show; default all. */
  readonly where?: (row: FigureRow) => boolean;
}

/** The rows of a table as {@linkcode showLabTable} shows them. */
export function labRows(
  lab: LabResults,
  name: string,
  options: LabTableOptions,
): FigureRow[] {
  const rows = lab.tables.find((table) => table.name === name)?.rows ?? [];
  return readableRows(
    rows.filter(options.where ?? (() => true)),
    options.columns,
  );
}

/** Shows rows of a table of the results by its name, or says that there are none. */
export async function showLabTable(
  lab: LabResults,
  name: string,
  options: LabTableOptions,
): Promise<void> {
  const rows = labRows(lab, name, options);
  if (rows.length === 0) console.log(absence(lab, `rows of "${name}"`));
  else await showTable(rows, { limit: 80 });
}

/** Shows the claims that the results test, verdict first, or says that they test none. */
export async function showClaims(lab: LabResults): Promise<void> {
  const rows = lab.judged.map(({ claim, verdict, reason, measurement }) => ({
    verdict: verdict === "reproduced" ? "holds" : verdict,
    claim: claim.statement,
    after: claim.item,
    "deciding numbers": reason,
    "how measured": measurement?.note ?? null,
  }));
  if (rows.length === 0) console.log(absence(lab, "verdicts"));
  else await showTable(rows, { limit: 80 });
}
