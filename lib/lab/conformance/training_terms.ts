/**
 * The loss terms that training oracles record, from the losses row by row.
 *
 * @module
 */
import type { TrainingBatch } from "../../training/types.ts";
import type { Comparison } from "./outcome.ts";
import type { RecordedTerms, TrainingCase } from "./training_case.ts";

/** Losses of a batch's rows in any precision. */
export interface RowLosses {
  readonly loss: number;
  readonly hard: ArrayLike<number>;
  readonly entropy: ArrayLike<number>;
  readonly correct: ArrayLike<number>;
}

/** Relative tolerance of loss terms and gradient norms, at the first step and later (golden data's README, section 4). */
export const TERM_TOLERANCE = { first: 2e-5, later: 2e-4 } as const;

/** Every term by name. Those that a case does not record have a value too. */
export function lossTerms(
  losses: RowLosses,
  batch: TrainingBatch,
  each: TrainingCase,
): RecordedTerms {
  const mean = sum(losses.hard, batch) / batch.rows.length;
  const overMask = sum(
    losses.hard,
    batch,
    ({ sequence }) => 1 / (each.p_mask_per_row?.[sequence] ?? NaN),
  );
  return {
    loss: losses.loss,
    mean_ce_unweighted: mean,
    sum_ce_over_pmask: overMask,
    pretrain_style_loss: overMask / (each.batch * each.seq_len),
    ...copyTerms(losses, batch, each),
  };
}

/** Terms of certainty forcing: the sequences that have targets under the mask, then those that have under its complement. */
function copyTerms(
  losses: RowLosses,
  batch: TrainingBatch,
  each: TrainingCase,
): RecordedTerms {
  const weight = each.entropy_weight;
  if (weight === undefined) return {};
  const first = each.masked_indices.filter((row) => row.includes(1)).length;
  const rows = [...batch.rows.keys()];
  const ofFirst = (r: number) => batch.rows[r]!.sequence < first;
  const direct = copyMeans(losses, rows.filter(ofFirst));
  const complement = copyMeans(losses, rows.filter((r) => !ofFirst(r)));
  return {
    ce_loss: direct.crossEntropy,
    entropy_loss: direct.entropy,
    num_correct: direct.correct,
    ce_loss_rev: complement.crossEntropy,
    entropy_loss_rev: complement.entropy,
    num_correct_rev: complement.correct,
    weighted_entropy: weight * (direct.entropy + complement.entropy),
  };
}

function copyMeans(
  { hard, entropy, correct }: RowLosses,
  rows: readonly number[],
): { crossEntropy: number; entropy: number; correct: number } {
  const mean = (values: ArrayLike<number>, chosen: readonly number[]) =>
    chosen.reduce((sum, r) => sum + values[r]!, 0) /
    Math.max(1, chosen.length);
  const right = rows.filter((r) => correct[r] === 1);
  return {
    crossEntropy: mean(hard, rows),
    entropy: mean(entropy, right),
    correct: right.length,
  };
}

function sum(
  values: ArrayLike<number>,
  { rows }: TrainingBatch,
  factor: (row: TrainingBatch["rows"][number]) => number = () => 1,
): number {
  return rows.reduce((sum, row, r) => sum + factor(row) * values[r]!, 0);
}

/** Compares every recorded term; one that is not computed here is a difference. */
export function compareTerms(
  check: Comparison,
  where: string,
  { got, want, tolerance }: {
    readonly got: RecordedTerms;
    readonly want: RecordedTerms;
    /** Relative. */
    readonly tolerance: number;
  },
): void {
  for (const [name, value] of Object.entries(want)) {
    const computed = Object.hasOwn(got, name) ? got[name]! : undefined;
    if (computed === undefined) {
      check.differ(`${where}.${name}`, {
        got: "a term not known here",
        want: value,
      });
    } else if (name.startsWith("num_")) {
      check.equal(`${where}.${name}`, { got: computed, want: value });
    } else {
      check.near(`${where}.${name}`, {
        got: computed,
        want: value,
        tolerance: tolerance * Math.abs(value),
      });
    }
  }
}
