/**
 * The headline once for each of its seeds.
 *
 * @module
 */
import { CODE_TASK, MATHS_TASK } from "../claims/scaling_claims.ts";
import type { ResultTable } from "../experiment.ts";
import { againstColumns, studentColumns } from "./dparallel_columns.ts";
import { ENTROPY_METHOD } from "./dparallel_measure.ts";
import { type StudentSummary, studentSummary } from "./dparallel_rows.ts";

/** The headline with each of its seeds, and their spread. */
export function seedTable(summaries: readonly StudentSummary[]): ResultTable {
  const models = ["", "-seed-2", "-seed-3"].map((end) =>
    `dparallel-llada-mini${end}`
  );
  return {
    name: "dparallel-seeds",
    rows: [MATHS_TASK, CODE_TASK].flatMap((task) => {
      const found = models.flatMap((model) =>
        studentSummary(summaries, { model, task, method: ENTROPY_METHOD }) ?? []
      );
      if (found.length === 0) return [];
      const rows = found.map((summary) => ({
        ...studentColumns(summary),
        ...againstColumns(summary, summaries),
      }));
      const passes = found.map(({ settled }) => settled);
      const scores = found.map(({ score }) => 100 * score.accuracy);
      return [...rows, {
        ...{ model: `standard deviation of ${found.length}`, task },
        passes_stopped: deviation(passes),
        score: deviation(scores),
      }];
    }),
  };
}

/** Of a sample; `null` for fewer than two numbers. */
export function deviation(values: readonly number[]): number | null {
  if (values.length < 2) return null;
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return Math.sqrt(squares / (values.length - 1));
}
