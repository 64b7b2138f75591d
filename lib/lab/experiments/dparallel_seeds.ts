/**
 * The headline once for each of its seeds.
 *
 * @module
 */
import type { FigureRow } from "../../figures/types.ts";
import {
  deviation,
  meanInterval,
  sumValues,
} from "../../metrics/mean_interval.ts";
import { CODE_TASK, MATHS_TASK } from "../claims/scaling_claims.ts";
import type { ResultTable } from "../experiment.ts";
import {
  againstColumns,
  endColumns,
  studentColumns,
} from "./dparallel_columns.ts";
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
      return [...rows, {
        ...{ model: `mean of ${found.length} seeds`, task },
        ...SPREAD.reduce(
          (row, [name, value]) => ({ ...row, ...over(name, found.map(value)) }),
          {},
        ),
      }];
    }),
  };
}

/** What is averaged over seeds. */
const SPREAD: readonly (readonly [
  name: string,
  value: (summary: StudentSummary) => number,
])[] = [
  ["passes_stopped", ({ settled }) => settled],
  ["tpf_stopped", ({ settledTpf }) => settledTpf],
  ["score", ({ score }) => 100 * score.accuracy],
];

/** Mean of a column over seeds with Student's interval, and their standard deviation; empty for a single one. */
function over(name: string, values: readonly number[]): FigureRow {
  const sums = sumValues(values);
  return {
    [name]: sums.sum / sums.count,
    ...endColumns(name, meanInterval(sums)),
    [`${name}_deviation`]: deviation(sums),
  };
}
