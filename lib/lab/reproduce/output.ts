/**
 * Files of a run: figures, tables, claims, manifest and report, written whole or not at all.
 *
 * @module
 */
import { join } from "node:path";
import { toCsv } from "../../figures/csv.ts";
import { renderPng } from "../../figures/static/png.ts";
import { renderSvg } from "../../figures/static/svg.ts";
import type { Drawing, Figure } from "../../figures/types.ts";
import { writeAtomically } from "../../training/atomic.ts";
import type { JudgedClaim } from "../claims/types.ts";
import type { ResultTable } from "../experiment.ts";
import { prettyJson } from "../json.ts";
import type { ReportFigure } from "../report/types.ts";

/** Collects the files of one output folder. */
export class OutputFolder {
  readonly folder: string;
  readonly #files: string[] = [];

  /** Makes nothing before the first write. */
  constructor(folder: string) {
    this.folder = folder;
  }

  /** Paths written so far, sorted. */
  get files(): readonly string[] {
    return this.#files.toSorted();
  }

  /** Notes a file that something else wrote into the folder, and gives its path. */
  add(name: string): string {
    const path = join(this.folder, name);
    this.#files.push(path);
    return path;
  }

  /** Writes a file. Throws what {@linkcode writeAtomically} throws. */
  async write(name: string, data: string | Uint8Array): Promise<void> {
    await writeAtomically(this.add(name), data);
  }

  /** Writes a figure as SVG, PNG and CSV of the plotted numbers. */
  async writeFigure(figure: Figure | Drawing): Promise<ReportFigure> {
    const { id, title, description, rows } = figure;
    const svg = "svg" in figure ? figure.svg : await renderSvg(figure);
    const csv = toCsv(rows);
    await this.write(`figures/${id}.svg`, svg);
    await this.write(`figures/${id}.png`, await renderPng(svg));
    await this.write(`figures/${id}.csv`, csv);
    return { id, title, description, svg, csv };
  }

  /** Writes a table as CSV. */
  async writeTable({ name, rows }: ResultTable): Promise<void> {
    await this.write(`tables/${name}.csv`, toCsv(rows));
  }

  /** Writes the verdicts as JSON. */
  async writeClaims(judged: readonly JudgedClaim[]): Promise<void> {
    const claims = judged.map(({ claim, ...outcome }) => ({
      ...claim,
      ...outcome,
    }));
    await this.write("claims.json", prettyJson({ format: 1, claims }));
  }
}
