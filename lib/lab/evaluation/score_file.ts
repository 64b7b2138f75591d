/**
 * `evaluation.json`: the scores of a model, one row per task and method, for its card.
 *
 * @module
 */
import type { DecoderSpec } from "../../decoding/registry.ts";
import type { Split } from "../../tasks/types.ts";
import { writeAtomically } from "../../training/atomic.ts";
import { canonicalJson, prettyJson } from "../json.ts";
import type { EvaluationRow } from "../recipes/evaluation.ts";
import type { Score } from "./scores.ts";

/** One row, with what it takes to measure it again. */
export interface ScoreRow extends EvaluationRow {
  /** Digest of the task. */
  readonly taskDigest: string;
  readonly split: Split;
  /** Index of the first problem. */
  readonly first: number;
  readonly precision: string;
  /** Name and complete options of the decoder. */
  readonly settings: DecoderSpec;
  /** Tokens of the answers per forward, with the ends of its 95% interval. */
  readonly tpf: number;
  readonly tpfLow: number;
  readonly tpfHigh: number;
  /** Tokens of the answers per network call of an implementation that runs branches one by one. */
  readonly tokensPerCall: number;
  /** Positions computed per token of the answers. */
  readonly positionsPerToken: number;
}

/** A row of a score. */
export function scoreRow(
  score: Score,
  given: Pick<
    ScoreRow,
    | "task"
    | "taskDigest"
    | "decoder"
    | "split"
    | "first"
    | "precision"
    | "settings"
  >,
): ScoreRow {
  return {
    ...given,
    n: score.problems,
    score: score.accuracy,
    low: score.accuracyInterval.low,
    high: score.accuracyInterval.high,
    tpf: score.tpf,
    tpfLow: score.tpfInterval.low,
    tpfHigh: score.tpfInterval.high,
    tokensPerCall: score.tokensPerCall,
    positionsPerToken: score.positionsPerToken,
  };
}

/** What two rows must share for one to take the place of the other. */
function place({ task, decoder, split, precision }: ScoreRow): string {
  return canonicalJson([task, decoder, split, precision]);
}

/**
 * Puts rows into a file. Rows of the same task, method, split and precision are replaced, and all rows of another model dropped.
 *
 * @param path The file; made where there is none.
 * @param model Digest of the checkpoint that was evaluated.
 */
export async function writeScores(
  path: string,
  model: string,
  rows: readonly ScoreRow[],
): Promise<void> {
  const fresh = new Set(rows.map(place));
  const kept = (await readScores(path, model)).filter((row) =>
    !fresh.has(place(row))
  );
  const all = [...kept, ...rows].sort((a, b) => place(a) < place(b) ? -1 : 1);
  await writeAtomically(path, prettyJson({ model, rows: all }));
}

/** The rows of a model in a file; none where the file is absent, is no JSON or belongs to another model. */
export async function readScores(
  path: string,
  model: string,
): Promise<readonly ScoreRow[]> {
  let text: string;
  try {
    text = await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
  try {
    const found = JSON.parse(text);
    return found?.model === model && Array.isArray(found.rows)
      ? found.rows
      : [];
  } catch (error) {
    if (error instanceof SyntaxError) return [];
    throw error;
  }
}
