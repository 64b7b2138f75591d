/**
 * What a pass gives back: losses row by row, and the batch's loss from them.
 *
 * @module
 */
import { LOSS_RESULT_BYTES } from "../engine/mod.ts";
import type { BatchLoss, TrainingBatch } from "./types.ts";

const RESULT_FLOATS = LOSS_RESULT_BYTES / 4;

/** The columns of `BatchLoss`, in any precision. */
type RowLosses = Readonly<
  Record<Exclude<keyof BatchLoss, "loss">, ArrayLike<number>>
>;

/**
 * Reads the results of a batch's rows.
 *
 * @param results `[rows, LOSS_RESULT_BYTES / 4]`: hard, soft, entropy, correct.
 */
export function readLosses(
  results: Float32Array,
  batch: TrainingBatch,
): BatchLoss {
  const column = (at: number) =>
    Float32Array.from(
      batch.rows,
      (_, row) => results[row * RESULT_FLOATS + at]!,
    );
  const [hard, soft, entropy] = [column(0), column(1), column(2)];
  const correct = Uint8Array.from(column(3));
  const loss = weightedLoss({ hard, soft, entropy, correct }, batch);
  return { loss, hard, soft, entropy, correct };
}

/** The weighted sum over rows and certainty groups, in f64. */
export function weightedLoss(
  { hard, soft, entropy, correct }: RowLosses,
  { rows, certainty }: TrainingBatch,
): number {
  const weights = certainty?.weights ?? [];
  const sums = weights.map(() => ({ entropy: 0, count: 0 }));
  let loss = 0;
  rows.forEach((row, r) => {
    loss += row.hard * hard[r]! + (row.soft ?? 0) * soft[r]!;
    if (row.group === undefined || correct[r] === 0) return;
    sums[row.group]!.entropy += entropy[r]!;
    sums[row.group]!.count++;
  });
  weights.forEach((weight, group) => {
    const { entropy, count } = sums[group]!;
    if (count > 0) loss += weight * entropy / count;
  });
  return loss;
}
