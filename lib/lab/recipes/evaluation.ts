/**
 * `evaluation.json` beside a model: scores that somebody measured, held against the model's digest.
 *
 * @module
 */
import { join } from "node:path";

/** One score. */
export interface EvaluationRow {
  /** Name of the task, e.g. `gsm-mini`. */
  readonly task: string;
  /** How it was decoded, e.g. `one token per step`. */
  readonly decoder: string;
  /** Number of problems. */
  readonly n: number;
  /** Share solved. */
  readonly score: number;
  /** Ends of its 95% interval. */
  readonly low: number;
  readonly high: number;
}

/** Contents of `evaluation.json`. */
export interface Evaluation {
  /** Digest of the checkpoint that was evaluated, as `loadCheckpoint` gives it. */
  readonly model: string;
  readonly rows: readonly EvaluationRow[];
}

/** The evaluation in a model's folder and its text; `null` where there is none of the model with this digest. */
export async function readEvaluation(
  folder: string,
  digest: string,
): Promise<{ readonly evaluation: Evaluation; readonly text: string } | null> {
  let text: string;
  try {
    text = await Deno.readTextFile(join(folder, "evaluation.json"));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
  const evaluation = JSON.parse(text) as Evaluation;
  return evaluation.model === digest ? { evaluation, text } : null;
}
