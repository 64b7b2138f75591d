/**
 * Columns that the tables of the distillation study share.
 *
 * @module
 */
import type { FigureRow } from "../../figures/types.ts";
import type { PairedScores } from "../evaluation/scores.ts";
import { adaptedModel } from "./dparallel_grid.ts";
import {
  passFactor,
  type StudentSummary,
  studentSummary,
} from "./dparallel_rows.ts";

const percent = (share: number): number => 100 * share;

/** Model, task, method, passes, rates, score, agreement with the teacher. */
export function studentColumns(summary: StudentSummary): FigureRow {
  const { model, role, task, method, score, teacher } = summary;
  return {
    ...{ model, role, task, method, problems: score.problems },
    passes: score.forwards,
    passes_stopped: summary.settled,
    passes_stopped_low: summary.settledInterval.low,
    passes_stopped_high: summary.settledInterval.high,
    tpf: score.tpf,
    tpf_low: score.tpfInterval.low,
    tpf_high: score.tpfInterval.high,
    tpf_stopped: summary.settledTpf,
    score: percent(score.accuracy),
    score_low: percent(score.accuracyInterval.low),
    score_high: percent(score.accuracyInterval.high),
    ...agreementColumns(teacher),
    positions_per_token: score.positionsPerToken,
    tokens_per_call: score.tokensPerCall,
    committed_confidence: summary.committed,
  };
}

function agreementColumns(teacher: PairedScores | null): FigureRow {
  return {
    agreement: teacher === null ? null : percent(teacher.agreement),
    same_as_teacher: teacher === null ? null : percent(teacher.same),
  };
}

/** Factors against the base under the same sampler; empty columns where there is none. */
export function againstColumns(
  summary: StudentSummary,
  summaries: readonly StudentSummary[],
): FigureRow {
  const { task, method, model } = summary;
  const base = studentSummary(summaries, {
    ...{ model: adaptedModel(model), task, method },
  });
  const found = base === undefined || base === summary
    ? null
    : passFactor(summary, base);
  return {
    factor: found?.factor ?? null,
    factor_low: found?.interval.low ?? null,
    factor_high: found?.interval.high ?? null,
    difference: found === null
      ? null
      : percent(found.scores.accuracy.difference),
    difference_low: found === null ? null : percent(found.scores.accuracy.low),
    difference_high: found === null
      ? null
      : percent(found.scores.accuracy.high),
  };
}
