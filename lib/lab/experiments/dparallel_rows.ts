/**
 * Results of the distillation study, looked up and summed up.
 *
 * @module
 */
import { bootstrapRatio, bootstrapSums } from "../../metrics/bootstrap.ts";
import type { Interval } from "../../metrics/interval.ts";
import { mean } from "../../metrics/quantile.ts";
import type { ProblemRow } from "../evaluation/problem_row.ts";
import {
  compareRows,
  type PairedScores,
  pairRows,
  type Score,
  score,
  SCORE_SEED,
} from "../evaluation/scores.ts";
import type { StudentCell } from "./dparallel.ts";
import { rootOf, type StudentRole } from "./dparallel_grid.ts";
import { studentMethodName } from "./dparallel_methods.ts";

/** One method of one model on one task. */
export interface StudentSummary {
  readonly model: string;
  readonly role: StudentRole;
  readonly task: string;
  /** As `studentMethodName` has it. */
  readonly method: string;
  readonly score: Score;
  readonly rows: readonly ProblemRow[];
  /** Mean forwards until an answer is known, with its 95% bootstrap interval over problems. */
  readonly settled: number;
  readonly settledInterval: Interval;
  /** Tokens of answers per forward until they are known. */
  readonly settledTpf: number;
  /** Mean probability with which answers' tokens were written. */
  readonly committed: number;
  /** Against one token per pass by the base; `null` where that has not run. */
  readonly teacher: PairedScores | null;
}

/** Which cell is wanted. */
export interface StudentPlace {
  readonly model: string;
  readonly task: string;
  /** As `studentMethodName` has it. */
  readonly method: string;
}

/** The decoding cell of a method, if it is there. */
export function findStudent(
  cells: readonly StudentCell[],
  wanted: StudentPlace,
): StudentCell | undefined {
  return cells.find(({ plan: { parameters } }) =>
    parameters.kind === "decode" && parameters.model === wanted.model &&
    parameters.task === wanted.task &&
    studentMethodName(parameters.method) === wanted.method
  );
}

const known = new WeakMap<readonly StudentCell[], StudentSummary[]>();

/** Sums up every decoding cell. */
export function summariseStudents(
  cells: readonly StudentCell[],
): readonly StudentSummary[] {
  const before = known.get(cells);
  if (before !== undefined) return before;
  const made = cells.filter(({ plan }) => plan.parameters.kind === "decode")
    .map(({ plan: { parameters }, result: { rows } }): StudentSummary => {
      const { model, role, task } = parameters;
      const method = studentMethodName(parameters.method);
      const teacher = findStudent(cells, {
        ...{ model: rootOf(model), task, method: "sequential" },
      });
      const passes = rows.map(({ settled }) => settled);
      const tokens = rows.reduce((sum, row) => sum + row.tokens, 0);
      return {
        ...{ model, role, task, method, rows },
        score: score(rows),
        settled: mean(passes),
        settledInterval: bootstrapRatio(
          passes.map((count) => [count, 1]),
          { seed: SCORE_SEED },
        ),
        settledTpf: tokens / passes.reduce((a, b) => a + b, 0),
        committed: mean(rows.map(({ committed }) => committed)),
        teacher: teacher === undefined
          ? null
          : compareRows(rows, teacher.result.rows),
      };
    });
  known.set(cells, made);
  return made;
}

/** The summary of a method, if it is there. */
export function studentSummary(
  summaries: readonly StudentSummary[],
  wanted: StudentPlace,
): StudentSummary | undefined {
  return summaries.find(({ model, task, method }) =>
    model === wanted.model && task === wanted.task && method === wanted.method
  );
}

/** A factor by which passes fall, on the problems that both decoded. */
export interface PassFactor {
  readonly problems: number;
  /** Passes of the second over those of the first, until answers are known. */
  readonly factor: number;
  /** Its 95% bootstrap interval over the pairs. */
  readonly interval: Interval;
  /** Score of the first minus that of the second, paired. */
  readonly scores: PairedScores;
}

/** How many times fewer passes the first takes than the second. */
export function passFactor(
  first: StudentSummary,
  second: StudentSummary,
): PassFactor {
  const others = new Map(second.rows.map((row) => [row.id, row.settled]));
  const mine = new Map(first.rows.map((row) => [row.id, row.settled]));
  const counts = pairRows(first.rows, second.rows).map(([a, b]) => [
    ...[mine.get(a.id)!, others.get(b.id)!],
  ]);
  const ratio = (sums: ArrayLike<number>) => sums[1]! / sums[0]!;
  const sums = counts.reduce(
    (sums, row) => sums.map((sum, i) => sum + row[i]!),
    [0, 0],
  );
  return {
    problems: counts.length,
    factor: ratio(sums),
    interval: bootstrapSums(counts, { seed: SCORE_SEED, statistic: ratio }),
    scores: compareRows(first.rows, second.rows),
  };
}
