/**
 * The published numbers of the distillation study, the paper's beside them.
 *
 * @module
 */
import { CODE_TASK, MATHS_TASK } from "../claims/scaling_claims.ts";
import type { ResultTable } from "../experiment.ts";
import type { PaperRow } from "../paper_schema.ts";
import type { StudentCell } from "./dparallel.ts";
import { againstColumns, studentColumns } from "./dparallel_columns.ts";
import { compoundRows } from "./dparallel_compound.ts";
import { CONFIDENCE_METHOD, ENTROPY_METHOD } from "./dparallel_measure.ts";
import {
  type DparallelItems,
  loadDparallelItems,
  printed,
} from "./dparallel_paper.ts";
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

/** Table 3: consistency, certainty, blocks. */
const COMPONENTS = [
  ["-consistency", true, false, true],
  ["-certainty", false, true, true],
  ["-unblocked", true, true, false],
  ["", true, true, true],
] as const;

function components(
  summaries: readonly StudentSummary[],
  { table3 }: DparallelItems,
): ResultTable {
  return {
    name: "dparallel-table3",
    rows: FAMILIES.flatMap((family) =>
      TASKS.flatMap((task) =>
        COMPONENTS.flatMap(([end, consistency, certainty, blocks]) => {
          const found = studentSummary(summaries, {
            ...{ model: `dparallel-${family}-mini${end}`, task },
            method: ENTROPY_METHOD,
          });
          const benchmark = task === MATHS_TASK ? "GSM8K" : "HumanEval";
          const paper = family === "dream"
            ? undefined
            : table3.find((row) =>
              row.consistency_loss === consistency &&
              row.certainty_loss === certainty &&
              row.semi_ar_masking === blocks && row.benchmark === benchmark
            );
          return found === undefined ? [] : [{
            ...{ consistency, certainty, blocks },
            ...studentColumns(found),
            ...againstColumns(found, summaries),
            paper_benchmark: paper?.benchmark ?? null,
            paper_steps: paper?.steps ?? null,
            paper_score: paper?.accuracy ?? null,
          }];
        })
      )
    ),
  };
}

function ratios(
  summaries: readonly StudentSummary[],
  { table4 }: DparallelItems,
): ResultTable {
  return {
    name: "dparallel-table4",
    rows: table4.flatMap(({ mask_ratio, steps, accuracy }) => {
      const end = mask_ratio.replace("%", "");
      const found = studentSummary(summaries, {
        ...{ model: `dparallel-llada-mini-ratio-${end}`, task: MATHS_TASK },
        method: ENTROPY_METHOD,
      });
      return found === undefined ? [] : [{
        ratio: mask_ratio,
        ...studentColumns(found),
        ...againstColumns(found, summaries),
        ...{ paper_benchmark: "GSM8K", paper_steps: steps },
        paper_score: accuracy,
      }];
    }),
  };
}

/** Table 6 has a second base of the same family; here it is the one that D2F made block-causal. */
function otherBase(
  summaries: readonly StudentSummary[],
  { table6 }: DparallelItems,
): ResultTable {
  const rows = FAMILIES.flatMap((family) => {
    const base = `d2f-${family}-mini`, full = `dparallel-${base}`;
    const inPaper = (name: string) => family === "llada" ? name : null;
    return [
      ["one token per pass", base, "one-token", inPaper("LLaDA-1.5")],
      ["D2F", base, "d2f", null],
      ["D2F distilled", full, "d2f", inPaper("dParallel")],
    ] as const;
  });
  return {
    name: "dparallel-table6",
    rows: rows.flatMap(([row, model, method, published]) => {
      const task = MATHS_TASK;
      const found = studentSummary(summaries, { model, task, method });
      return found === undefined ? [] : [{
        row,
        ...studentColumns(found),
        ...printed(table6, { task, method: published }),
      }];
    }),
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
    components(summaries, paper),
    ratios(summaries, paper),
    otherBase(summaries, paper),
    seedTable(summaries),
    { name: "dparallel-compounding", rows: compoundRows(summaries) },
    ...probeTables(cells),
    answers(summaries),
  ];
  return tables.filter(({ rows }) => rows.length > 0);
}
