/**
 * The fill rule of D2F, which LoPA applies to the winner of every round: per block, all masked positions whose token is probable
 * enough, or else one forced position where the block may force.
 *
 * @module
 */
import type { BranchPredictions } from "../model/types.ts";
import { DecodeError } from "./errors.ts";
import type { BlockRecord, Fill } from "./types.ts";

/**
 * What positions are ranked by, each read from the distribution the token was drawn from: the token's probability, the gap
 * between the two largest probabilities, or the sum of p ln p (at most 0). Larger is surer in all three.
 */
export type ConfidenceStrategy = "probability" | "margin" | "negEntropy";

/** A masked position with what the model says about it. */
export interface CandidateRow {
  /** Absolute position. */
  readonly position: number;
  /** The token drawn for it. */
  readonly token: number;
  /** Probability of the token. */
  readonly probability: number;
  /** By the decoder's {@linkcode ConfidenceStrategy}. */
  readonly confidence: number;
}

/**
 * Reads one branch's predictions as candidate rows.
 *
 * @throws {DecodeError} when they are not for the positions that were asked for.
 */
export function candidateRows(
  predictions: BranchPredictions | undefined,
  { strategy, positions }: {
    strategy: ConfidenceStrategy;
    positions: Int32Array;
  },
): CandidateRow[] {
  const given = predictions?.positions ?? new Int32Array();
  if (predictions === undefined || !sameNumbers(given, positions)) {
    throw new DecodeError(
      `predictions are for positions [${given}], the last request asked for [${positions}]; answer requests in the order given`,
      { given: [...given], wanted: [...positions] },
    );
  }
  const { tokens, probability } = predictions;
  const confidence = predictions[strategy];
  const rows: CandidateRow[] = [];
  for (let i = 0; i < given.length; i++) {
    rows.push({
      position: given[i]!,
      token: tokens[i]!,
      probability: probability[i]!,
      confidence: confidence[i]!,
    });
  }
  return rows;
}

function sameNumbers(a: Int32Array, b: Int32Array): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** What {@linkcode chooseFills} decided. */
export interface Filling {
  /** Ascending position within a block, blocks in order. */
  readonly fills: readonly Fill[];
  /** Blocks in which nothing passed and one token was forced. */
  readonly forced: number;
}

/**
 * Fills per active block. Every row with probability above the threshold (strictly) is filled. If there is none and the block
 * is activated and `force` holds, the row of highest confidence is filled, the first of equals.
 *
 * @param rows Masked positions, ascending.
 */
export function chooseFills(
  rows: readonly CandidateRow[],
  blocks: readonly BlockRecord[],
  { threshold, force }: { threshold: number; force: boolean },
): Filling {
  const fills: Fill[] = [];
  let forced = 0;
  for (const block of blocks) {
    if (block.state !== "active") continue;
    const before = fills.length;
    let best: CandidateRow | null = null;
    for (const row of rows) {
      if (row.position < block.start || row.position >= block.end) continue;
      if (row.probability > threshold) fills.push(fill(row, "threshold"));
      if (best === null || row.confidence > best.confidence) best = row;
    }
    const passed = fills.length > before;
    if (passed || best === null || !block.activated || !force) continue;
    forced++;
    fills.push(fill(best, "forced"));
  }
  return { fills, forced };
}

/** The record of a row that is written. */
function fill(row: CandidateRow, kind: "threshold" | "forced"): Fill {
  return {
    position: row.position,
    token: row.token,
    score: row.probability,
    probability: row.probability,
    kind,
  };
}

/** The rows that were not filled. */
export function remainingRows(
  rows: readonly CandidateRow[],
  fills: readonly Fill[],
): CandidateRow[] {
  const filled = new Set(fills.map(({ position }) => position));
  return rows.filter(({ position }) => !filled.has(position));
}
