/**
 * What each term adds to a step's loss.
 *
 * @module
 */
import type { BatchLoss, TrainingBatch } from "./types.ts";

/** Shares of the terms in a loss, and how often the likeliest token was right. */
export interface LossTerms {
  /** Weighted cross-entropy with the targets. */
  readonly hard: number;
  /** Weighted divergence from the teacher. */
  readonly soft: number;
  /** Weighted certainty term. */
  readonly certainty: number;
  /** Share of the loss rows whose likeliest token is the target. */
  readonly correct: number;
}

/**
 * Sums the terms of a step's micro-batches.
 *
 * @param batches The micro-batches.
 * @param losses Their losses, in the same order.
 */
export function lossTerms(
  batches: readonly TrainingBatch[],
  losses: readonly BatchLoss[],
): LossTerms {
  let hard = 0, soft = 0, certainty = 0, correct = 0, rows = 0;
  batches.forEach((batch, b) => {
    const loss = losses[b]!;
    batch.rows.forEach((row, r) => {
      hard += row.hard * loss.hard[r]!;
      soft += (row.soft ?? 0) * loss.soft[r]!;
      correct += loss.correct[r]!;
    });
    rows += batch.rows.length;
    certainty += certaintyTerm(batch, loss);
  });
  return { hard, soft, certainty, correct: rows === 0 ? 0 : correct / rows };
}

/** Weight times mean entropy of the correct rows, over the groups; a group without correct rows adds nothing. */
function certaintyTerm(batch: TrainingBatch, loss: BatchLoss): number {
  return (batch.certainty?.weights ?? []).reduce((sum, weight, group) => {
    let entropy = 0, count = 0;
    batch.rows.forEach((row, r) => {
      if (row.group !== group || loss.correct[r] === 0) return;
      entropy += loss.entropy[r]!;
      count++;
    });
    return count === 0 ? sum : sum + weight * entropy / count;
  }, 0);
}
