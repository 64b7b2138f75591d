/**
 * Tables of what was changed: components (the paper's Table 3), ratios of masks (Table 4), what the paper does not vary, and the
 * model that is distilled (Table 6).
 *
 * @module
 */
import type { FigureRow } from "../../figures/types.ts";
import { CODE_TASK, MATHS_TASK } from "../claims/scaling_claims.ts";
import type { ResultTable } from "../experiment.ts";
import {
  SWEPT,
  type SweptRecipe,
  UNCHANGED,
} from "../recipes/distill/sweeps.ts";
import {
  againstColumns,
  endColumns,
  studentColumns,
} from "./dparallel_columns.ts";
import { ENTROPY_METHOD } from "./dparallel_measure.ts";
import { type DparallelItems, printed } from "./dparallel_paper.ts";
import {
  passFactor,
  type StudentSummary,
  studentSummary,
} from "./dparallel_rows.ts";

const FAMILIES = ["llada", "dream"] as const;
const TASKS = [MATHS_TASK, CODE_TASK];

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

/** A setting's values in order, with the headline's own and with who has them. */
const SETTINGS = [
  ["temperature", [["0.25", ""], ["0.5", "paper and code"], ["1", ""]]],
  ["weight", [
    ["0", ""],
    ["0.5", ""],
    ["1", "code for Dream"],
    ["2", "paper; code for LLaDA"],
    ["4", ""],
  ]],
  ["rank", [
    ["4", ""],
    ["16", ""],
    ["64", "four times, as the code for LLaDA against the paper"],
  ]],
] as const;

/** Temperature and weight of the certainty term, and rank: one changed at a time, after one epoch. */
function sweeps(summaries: readonly StudentSummary[]): ResultTable {
  const summaryOf = (model: string) =>
    studentSummary(summaries, {
      ...{ model, task: MATHS_TASK, method: ENTROPY_METHOD },
    });
  const unchanged = summaryOf(UNCHANGED);
  return {
    name: "dparallel-sweeps",
    rows: SETTINGS.flatMap(([setting, values]) =>
      values.flatMap(([value, published]) => {
        const found = summaryOf(sweptName({ setting, value }));
        return found === undefined ? [] : [{
          ...{ setting, value, published },
          ...studentColumns(found),
          ...againstColumns(found, summaries),
          ...unchangedColumns(found, unchanged),
        }];
      })
    ),
  };
}

/** The adapter with a setting's value; that of the headline's own value is in all sweeps. */
function sweptName(
  { setting, value }: Pick<SweptRecipe, "setting" | "value">,
): string {
  return SWEPT.find((swept) =>
    swept.setting === setting && swept.value === value
  )?.name ?? UNCHANGED;
}

/** Times fewer passes than with the headline's settings, and the difference of scores; empty without them. */
function unchangedColumns(
  found: StudentSummary,
  unchanged: StudentSummary | undefined,
): FigureRow {
  const paired = unchanged === undefined || unchanged === found
    ? null
    : passFactor(found, unchanged);
  return {
    over_unchanged: paired?.factor ?? null,
    ...endColumns("over_unchanged", paired?.interval ?? null),
  };
}

/** Rows of Table 6 and beyond: another base of the family, and those that D2F made block-causal. */
const OTHERS = [
  ...([
    ["one token per pass", "llada-mini-2", "sequential", "LLaDA-1.5"],
    ["base, by entropy (control)", "llada-mini-2", ENTROPY_METHOD, null],
    [
      "distilled, by entropy",
      "dparallel-llada-mini-2",
      ENTROPY_METHOD,
      "dParallel",
    ],
  ] as const),
  ...FAMILIES.flatMap((family) => {
    const base = `d2f-${family}-mini`;
    return [
      ["one token per pass", base, "one-token", null],
      ["D2F", base, "d2f", null],
      ["D2F distilled", `dparallel-${base}`, "d2f", null],
    ] as const;
  }),
];

function otherBases(
  summaries: readonly StudentSummary[],
  { table6 }: DparallelItems,
): ResultTable {
  return {
    name: "dparallel-table6",
    rows: OTHERS.flatMap(([row, model, method, published]) => {
      const task = MATHS_TASK;
      const found = studentSummary(summaries, { model, task, method });
      return found === undefined ? [] : [{
        row,
        ...studentColumns(found),
        ...againstColumns(found, summaries),
        ...printed(table6, { task, method: published }),
      }];
    }),
  };
}

/** All of them. */
export function ablationTables(
  summaries: readonly StudentSummary[],
  paper: DparallelItems,
): ResultTable[] {
  return [
    components(summaries, paper),
    ratios(summaries, paper),
    sweeps(summaries),
    otherBases(summaries, paper),
  ];
}
