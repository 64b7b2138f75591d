/**
 * What a report is made of.
 *
 * @module
 */
import type { FigureRow } from "../../figures/types.ts";
import type { JudgedClaim } from "../claims/types.ts";
import type { Manifest } from "../manifest/manifest.ts";
import type { PaperProvenance } from "../paper.ts";

/** A figure as the report shows it. */
export interface ReportFigure {
  readonly id: string;
  readonly title: string;
  /** The take-away: caption and accessible description. */
  readonly description: string;
  readonly svg: string;
  /** The plotted numbers as CSV. */
  readonly csv: string;
}

/** A table of raw results. */
export interface ReportTable {
  readonly name: string;
  readonly rows: readonly FigureRow[];
}

/** Everything a report shows. */
export interface ReportData {
  readonly manifest: Manifest;
  readonly judged: readonly JudgedClaim[];
  readonly figures: readonly ReportFigure[];
  readonly tables: readonly ReportTable[];
  readonly provenance: PaperProvenance;
}
