/**
 * The published numbers of the distillation study, the paper's beside them.
 *
 * @module
 */
import { CODE_TASK, MATHS_TASK } from "../claims/scaling_claims.ts";
import type { ResultTable } from "../experiment.ts";
import type { PaperRow } from "../paper_schema.ts";
import type { StudentCell } from "./dparallel.ts";
import { ablationTables } from "./dparallel_ablations.ts";
import { againstColumns, studentColumns } from "./dparallel_columns.ts";
import { compoundRows } from "./dparallel_compound.ts";
import { CONFIDENCE_METHOD, ENTROPY_METHOD } from "./dparallel_measure.ts";
import { matchedTable } from "./dparallel_matched.ts";
import { loadDparallelItems, printed } from "./dparallel_paper.ts";
import { probeTables } from "./dparallel_probes.ts";
import { seedTable } from "./dparallel_seeds.ts";
import {
  type StudentSummary,
  studentSummary,
  summariseStudents,
} from "./dparallel_rows.ts";

/** Answers per cell that are published. */
const SHOWN_ANSWERS = 5;

const FAMILIES = ["llada", "dream"] as const;
const TASKS = [MATHS_TASK, CODE_TASK];

/** Rows of Tables 1 and 2: what stands there, our model and method, the paper's name of it. */
function tableRows(family: typeof FAMILIES[number]) {
  const base = `${family}-mini`, full = `dparallel-${base}`;
  const original = family === "llada"
    ? "LLaDA-8B-Instruct"
    : "Dream-7B-Instruct";
  return [
    ["one token per pass", base, "sequential", original],
    ["four tokens per pass", base, "four", "Few-step"],
    ["base, by confidence", base, CONFIDENCE_METHOD, "Conf-threshold"],
    ["base, by entropy (control)", base, ENTROPY_METHOD, null],
    [
      "consistency distilled, four per pass",
      `${full}-consistency`,
      "four",
      "Consistency-Distillation",
    ],
    ["distilled, by confidence", full, CONFIDENCE_METHOD, null],
    ["distilled, by entropy", full, ENTROPY_METHOD, "dParallel"],
  ] as const;
}

function mainTable(
  summaries: readonly StudentSummary[],
  { family, paper, name }: {
    readonly family: typeof FAMILIES[number];
    readonly paper: readonly PaperRow<"dparallel_table1">[];
    readonly name: string;
  },
): ResultTable {
  return {
    name,
    rows: TASKS.flatMap((task) =>
      tableRows(family).flatMap(([row, model, method, published]) => {
        const found = studentSummary(summaries, { model, task, method });
        return found === undefined ? [] : [{
          row,
          ...studentColumns(found),
          ...againstColumns(found, summaries),
          ...printed(paper, { task, method: published }),
        }];
      })
    ),
  };
}

function answers(summaries: readonly StudentSummary[]): ResultTable {
  return {
    name: "dparallel-answers",
    rows: summaries.flatMap(({ model, task, method, rows }) =>
      rows.slice(0, SHOWN_ANSWERS).map((row) => ({
        ...{ model, task, method, problem: row.id, correct: row.correct },
        ...{ tokens: row.tokens, passes: row.forwards, settled: row.settled },
        answer: row.text,
      }))
    ),
  };
}

/** All tables. */
export async function studentTables(
  cells: readonly StudentCell[],
): Promise<readonly ResultTable[]> {
  const summaries = summariseStudents(cells);
  const paper = await loadDparallelItems();
  const whole = summaries.map((summary) => ({
    ...studentColumns(summary),
    ...againstColumns(summary, summaries),
  }));
  const tables = [
    { name: "dparallel", rows: whole },
    mainTable(summaries, {
      ...{ family: "llada", paper: paper.table1, name: "dparallel-table1" },
    }),
    mainTable(summaries, {
      ...{ family: "dream", paper: paper.table2, name: "dparallel-table2" },
    }),
    ...ablationTables(summaries, paper),
    seedTable(summaries),
    matchedTable(summaries),
    { name: "dparallel-compounding", rows: compoundRows(summaries) },
    ...probeTables(cells),
    answers(summaries),
  ];
  return tables.filter(({ rows }) => rows.length > 0);
}
