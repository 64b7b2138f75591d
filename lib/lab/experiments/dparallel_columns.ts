/**
 * Columns that the tables of the distillation study share.
 *
 * @module
 */
import type { FigureRow } from "../../figures/types.ts";
import type { Interval } from "../../metrics/interval.ts";
import type { PairedScores } from "../evaluation/scores.ts";
import { adaptedModel } from "./dparallel_grid.ts";
import {
  passFactor,
  type StudentSummary,
  studentSummary,
} from "./dparallel_rows.ts";

const percent = (share: number): number => 100 * share;

/** The ends of an interval as columns beside the number of a name; empty where there is none. */
export function endColumns(
  name: string,
  interval: Interval | null,
  scale = 1,
): FigureRow {
  return {
    [`${name}_low`]: interval === null ? null : scale * interval.low,
    [`${name}_high`]: interval === null ? null : scale * interval.high,
  };
}

/** Model, task, method, passes, rates, score, agreement with the teacher. */
export function studentColumns(summary: StudentSummary): FigureRow {
  const { model, role, task, method, score, teacher, intervals } = summary;
  return {
    ...{ model, role, task, method, problems: score.problems },
    passes: score.forwards,
    ...endColumns("passes", intervals.passes),
    passes_stopped: summary.settled,
    ...endColumns("passes_stopped", intervals.settled),
    tpf: score.tpf,
    ...endColumns("tpf", score.tpfInterval),
    tpf_stopped: summary.settledTpf,
    ...endColumns("tpf_stopped", intervals.settledTpf),
    score: percent(score.accuracy),
    ...endColumns("score", score.accuracyInterval, 100),
    ...agreementColumns(teacher),
    positions_per_token: score.positionsPerToken,
    ...endColumns("positions_per_token", intervals.positionsPerToken),
    tokens_per_call: score.tokensPerCall,
    committed_confidence: summary.committed,
    ...endColumns("committed_confidence", intervals.committed),
  };
}

function agreementColumns(teacher: PairedScores | null): FigureRow {
  return {
    agreement: teacher === null ? null : percent(teacher.agreement),
    ...endColumns("agreement", teacher?.agreementInterval ?? null, 100),
    same_as_teacher: teacher === null ? null : percent(teacher.same),
    ...endColumns("same_as_teacher", teacher?.sameInterval ?? null, 100),
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
    ...endColumns("factor", found?.interval ?? null),
    difference: found === null
      ? null
      : percent(found.scores.accuracy.difference),
    ...endColumns("difference", found?.scores.accuracy ?? null, 100),
  };
}
