/**
 * Results of the distillation study, looked up and summed up.
 *
 * @module
 */
import {
  bootstrapStatistics,
  type SumsStatistic,
} from "../../metrics/bootstrap.ts";
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

/** Columns of a problem and what is read from their sums. */
const columnsOf = (row: ProblemRow) => [
  ...[1, row.forwards, row.settled, row.tokens, row.positions, row.committed],
];
const STATISTICS = {
  passes: ([problems, passes]) => passes! / problems!,
  settled: ([problems, , settled]) => settled! / problems!,
  settledTpf: ([, , settled, tokens]) => tokens! / settled!,
  positionsPerToken: ([, , , tokens, positions]) =>
    positions! / Math.max(1, tokens!),
  committed: ([problems, , , , , committed]) => committed! / problems!,
} satisfies Record<string, SumsStatistic>;

/** One method of one model on one task. */
export interface StudentSummary {
  readonly model: string;
  readonly role: StudentRole;
  readonly task: string;
  /** As `studentMethodName` has it. */
  readonly method: string;
  readonly score: Score;
  readonly rows: readonly ProblemRow[];
  /** Mean forwards until an answer is known. */
  readonly settled: number;
  /** Tokens of answers per forward until they are known. */
  readonly settledTpf: number;
  /** Mean probability with which answers' tokens were written. */
  readonly committed: number;
  /** 95% bootstrap intervals over problems, of these and of what the score has none for. */
  readonly intervals: Readonly<
    Record<keyof typeof STATISTICS, Interval>
  >;
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
        settledTpf: tokens / passes.reduce((a, b) => a + b, 0),
        committed: mean(rows.map(({ committed }) => committed)),
        intervals: bootstrapStatistics(rows.map(columnsOf), {
          ...{ seed: SCORE_SEED, statistics: STATISTICS },
        }),
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
  /** Tokens per forward of the first over those of the second, until answers are known. */
  readonly rate: number;
  readonly rateInterval: Interval;
  /** Score of the first minus that of the second, paired. */
  readonly scores: PairedScores;
}

/** Statistics of the sums of both methods' passes and tokens. */
const FACTORS = {
  factor: ([first, second]: ArrayLike<number> & Iterable<number>) =>
    second! / first!,
  rate: (
    [first, second, tokens, others]: ArrayLike<number> & Iterable<number>,
  ) => (tokens! / first!) / (others! / second!),
};

const factors = new WeakMap<
  StudentSummary,
  WeakMap<StudentSummary, PassFactor>
>();

/** How many times fewer passes the first takes than the second. */
export function passFactor(
  first: StudentSummary,
  second: StudentSummary,
): PassFactor {
  const before = factors.get(first) ?? new WeakMap();
  factors.set(first, before);
  const made = before.get(second) ?? comparePasses(first, second);
  before.set(second, made);
  return made;
}

function comparePasses(
  first: StudentSummary,
  second: StudentSummary,
): PassFactor {
  const counts = pairRows(first.rows, second.rows).map(([a, b]) => [
    ...[a.settled, b.settled, a.tokens, b.tokens],
  ]);
  const sums = counts.reduce((sums, row) =>
    sums.map((sum, i) => sum + row[i]!)
  );
  const { factor, rate } = bootstrapStatistics(counts, {
    ...{ seed: SCORE_SEED, statistics: FACTORS },
  });
  return {
    problems: counts.length,
    ...{ factor: FACTORS.factor(sums), interval: factor },
    ...{ rate: FACTORS.rate(sums), rateInterval: rate },
    scores: compareRows(first.rows, second.rows),
  };
}
