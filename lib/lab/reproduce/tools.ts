/**
 * What the main job works with; a program fills it in, a test replaces parts of it.
 *
 * @module
 */
import type { TimingIdentity } from "../cell.ts";
import type { Claim } from "../claims/types.ts";
import type { Experiment } from "../experiment.ts";
import type { JsonObject } from "../json.ts";
import type { Progress } from "../progress.ts";
import type { NotebookRunner } from "./notebooks.ts";

/** Folders of a run. */
export interface Places {
  /** Work tree. */
  readonly root: string;
  /** Run store. */
  readonly runs: string;
  /** Output of all modes. */
  readonly output: string;
  /** Published results. */
  readonly results: string;
  readonly notebooks: string;
}

/** What the main job works with. */
export interface Tools {
  readonly experiments: readonly Experiment[];
  readonly claims: readonly Claim[];
  readonly places: Places;
  readonly progress: Progress;
  /** Stops the run after the running cell or notebook. */
  readonly signal: AbortSignal;
  readonly argv: readonly string[];
  readonly print: (text: string) => void;
  readonly runNotebook: NotebookRunner;
  /** Says what computes the cells. */
  readonly made: () => Promise<JsonObject>;
  /** Describes the native library for the manifest; called only after cells were computed. */
  readonly library: () => Promise<Readonly<Record<string, unknown>>>;
  /** Called when an experiment measures time. */
  readonly timing: () => Promise<TimingIdentity>;
}
