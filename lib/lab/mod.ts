/**
 * The lab: experiments as data with a store of finished cells, claims with verdicts, generation from text to text, and the golden data.
 *
 * @module
 */
export {
  answerText,
  generate,
  type GenerateOptions,
  type GenerateView,
  type Generation,
} from "./generate.ts";
export { goldenDirectory } from "./golden_archive.ts";
export { type LabOptions, type LabResults, runLab } from "./lab.ts";
export { notebookProgress } from "./progress_notebook.ts";
export type { Progress, ProgressState } from "./progress.ts";
