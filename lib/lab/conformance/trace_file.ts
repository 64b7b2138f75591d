/**
 * The files of `traces/<family>/`, as golden data lays them out.
 *
 * @module
 */

/** A step as recorded; its keys depend on the family. */
export type GoldenStep = Readonly<Record<string, unknown>>;

/** One prompt's run. */
export interface GoldenRun {
  readonly prompt: string;
  readonly prompt_ids: readonly number[];
  readonly steps: readonly GoldenStep[];
  readonly result: Readonly<Record<string, unknown>> & {
    readonly ids: readonly number[];
  };
  /** Whether a decision of the run rests on less than rounding. */
  readonly fragile: boolean;
  /** Least distance of a decision from going the other way. */
  readonly min_margin?: number;
  /** Leading steps that do not. */
  readonly stable_steps?: number;
}

/** One setting. */
export interface GoldenTraceFile {
  readonly setting: Readonly<Record<string, unknown>>;
  readonly checkpoint: string;
  readonly reference: {
    readonly repo: string;
    readonly file: string;
    readonly function: string;
  };
  readonly summary: Readonly<Record<string, unknown>>;
  readonly runs: readonly GoldenRun[];
}
