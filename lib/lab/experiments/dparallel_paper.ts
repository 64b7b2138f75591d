/**
 * dParallel's numbers beside the models trained here.
 *
 * @module
 */
import type { FigureRow } from "../../figures/types.ts";
import { MATHS_TASK } from "../claims/scaling_claims.ts";
import { loadPaperTable } from "../paper.ts";
import type { PaperRow } from "../paper_schema.ts";

/** The items of dParallel that are set beside the trained models. */
export interface DparallelItems {
  readonly table1: readonly PaperRow<"dparallel_table1">[];
  readonly table2: readonly PaperRow<"dparallel_table2">[];
  readonly table3: readonly PaperRow<"dparallel_table3">[];
  readonly table4: readonly PaperRow<"dparallel_table4">[];
  readonly table6: readonly PaperRow<"dparallel_table6">[];
  readonly fig4: readonly PaperRow<"dparallel_fig4">[];
}

/** Reads them. Needs read permission for `data/paper`. */
export async function loadDparallelItems(): Promise<DparallelItems> {
  const [table1, table2, table3, table4, table6, fig4] = await Promise.all([
    loadPaperTable("dparallel_table1"),
    loadPaperTable("dparallel_table2"),
    loadPaperTable("dparallel_table3"),
    loadPaperTable("dparallel_table4"),
    loadPaperTable("dparallel_table6"),
    loadPaperTable("dparallel_fig4"),
  ]);
  return {
    ...{ table1: table1.rows, table2: table2.rows, table3: table3.rows },
    ...{ table4: table4.rows, table6: table6.rows, fig4: fig4.rows },
  };
}

/** The benchmark of dParallel's tables that a task stands for, as its rows begin. */
export function dparallelBenchmark(task: string): string {
  return task.startsWith(MATHS_TASK) ? "GSM8K" : "HumanEval";
}

/** Steps and accuracy of a method in one of the paper's tables; empty columns where it has none. */
export function printed(
  rows: readonly PaperRow<"dparallel_table1">[],
  { task, method }: { readonly task: string; readonly method: string | null },
): FigureRow {
  const found = rows.find((row) =>
    row.benchmark.startsWith(dparallelBenchmark(task)) && row.method === method
  );
  return {
    paper_method: found?.method ?? null,
    paper_benchmark: found?.benchmark ?? null,
    paper_steps: found?.steps ?? null,
    paper_score: found?.accuracy ?? null,
  };
}
