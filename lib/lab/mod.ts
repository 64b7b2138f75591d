/**
 * The lab: experiments with a store of finished cells, the papers' claims with verdicts, generation from text to
 * text, and the golden data.
 *
 * @module
 */
export type { Mode, Work } from "./cell.ts";
export type {
  Claim,
  ClaimKind,
  ClaimValue,
  JudgedClaim,
  Measurement,
  Obstacle,
  TrendShape,
  Verdict,
} from "./claims/types.ts";
export type { CellPlan, CellResult, ResultTable } from "./experiment.ts";
export {
  generate,
  type GenerateOptions,
  type GenerateView,
  type Generation,
} from "./generate.ts";
export { goldenDirectory } from "./golden_archive.ts";
export type { Json, JsonObject } from "./json.ts";
export { type LabResults, runLab, type RunLabOptions } from "./lab.ts";
export {
  type LabTableOptions,
  showClaims,
  showLabFigure,
  showLabTable,
} from "./lab_view.ts";
export { trainedModelRows } from "./evaluation/model_rows.ts";
export {
  adapterRows,
  distillationCurves,
  untrainedLines,
} from "./evaluation/student_rows.ts";
export type { PaperId } from "./paper.ts";
export type { Progress, ProgressState } from "./progress.ts";
export { notebookProgress } from "./progress_notebook.ts";
