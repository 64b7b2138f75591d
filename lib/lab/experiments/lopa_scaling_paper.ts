/**
 * The papers' numbers beside the methods of the trained models.
 *
 * @module
 */
import { CODE_TASK } from "../claims/scaling_claims.ts";
import type { TrainedModel } from "../evaluation/trained_models.ts";
import { loadPaperTable } from "../paper.ts";
import type { PaperRow } from "../paper_schema.ts";
import { DIFFUCODER_LOOKAHEADS } from "./lopa_scaling_grid.ts";
import { publishedLopa } from "./lopa_scaling_measure.ts";
import { taskSettings } from "./lopa_scaling_methods.ts";

/** The items of LoPA that are set beside the trained models. */
export interface PaperItems {
  readonly table1: readonly PaperRow<"lopa_table1">[];
  readonly table2: readonly PaperRow<"lopa_table2">[];
  readonly table5: readonly PaperRow<"lopa_table5">[];
  readonly fig4: readonly PaperRow<"lopa_fig4">[];
  readonly fig5: readonly PaperRow<"lopa_fig5">[];
}

/** Reads them. Needs read permission for `data/paper`. */
export async function loadPaperItems(): Promise<PaperItems> {
  const [table1, table2, table5, fig4, fig5] = await Promise.all([
    loadPaperTable("lopa_table1"),
    loadPaperTable("lopa_table2"),
    loadPaperTable("lopa_table5"),
    loadPaperTable("lopa_fig4"),
    loadPaperTable("lopa_fig5"),
  ]);
  return {
    table1: table1.rows,
    table2: table2.rows,
    table5: table5.rows,
    fig4: fig4.rows,
    fig5: fig5.rows,
  };
}

/** A row of a paper's table and what stands for it here. */
export interface TableRow {
  /** Columns `model` and `method` of the paper; `null` where the paper has no such row. */
  readonly paper: readonly [model: string, method: string] | null;
  readonly model: TrainedModel;
  /** Name of the method, as `trainedMethodName` has it; of several numbers of lookaheads the last that ran where none is named. */
  readonly method: string;
}

/** Rows of Table 1 for a task, the same for the models without a logits shift below, and the causal twin. */
export function table1Rows(task: string): readonly TableRow[] {
  const block = (
    base: TrainedModel,
    d2f: TrainedModel,
    inPaper: boolean,
  ): TableRow[] => {
    const paper = (model: string, method: string) =>
      inPaper ? [model, method] as const : null;
    return [
      { paper: paper("Dream", "Vanilla"), model: base, method: "vanilla" },
      { paper: null, model: base, method: "one-by-one" },
      { paper: null, model: base, method: "few-step" },
      { paper: paper("Dream", "Fast-dLLM"), model: base, method: "threshold" },
      { paper: paper("Dream", "LoPA"), model: base, method: "lopa-canvas" },
      { paper: null, model: d2f, method: "one-token" },
      { paper: paper("D2F-Dream", "Vanilla"), model: d2f, method: "d2f" },
      {
        paper: paper("D2F-Dream", "LoPA"),
        model: d2f,
        method: publishedLopa(task),
      },
    ];
  };
  return [
    ...block("dream-mini", "d2f-dream-mini", true),
    ...block("llada-mini", "d2f-llada-mini", false),
    { paper: null, model: "ar-mini", method: "autoregressive" },
  ];
}

/** Rows of Table 2, on the code task under the DiffuCoder rules. */
export function table2Rows(): readonly TableRow[] {
  const lopa = `lopa-diffucoder-${DIFFUCODER_LOOKAHEADS}`;
  return [
    {
      paper: ["DiffuCoder", "Vanilla"],
      model: "dream-mini",
      method: "vanilla",
    },
    {
      paper: ["D2F-DiffuCoder", "Vanilla"],
      model: "d2f-dream-mini",
      method: "d2f-diffucoder",
    },
    {
      paper: ["D2F-DiffuCoder", "LoPA"],
      model: "d2f-dream-mini",
      method: lopa,
    },
    { paper: null, model: "d2f-llada-mini", method: "d2f-diffucoder" },
    { paper: null, model: "d2f-llada-mini", method: lopa },
  ];
}

/** What the papers printed for a row: empty columns where they have none. */
export function paperColumns(
  rows: readonly PaperRow<"lopa_table1">[],
  { paper }: TableRow,
  benchmark: string,
): Readonly<Record<string, string | number | null>> {
  const found = paper === null
    ? undefined
    : rows.find((row) =>
      row.model === paper[0] && row.method === paper[1] &&
      row.benchmark === benchmark
    );
  return {
    paper_model: found?.model ?? null,
    paper_method: found?.method ?? null,
    paper_benchmark: found?.benchmark ?? null,
    paper_tpf: found?.tpf ?? null,
    paper_score: found?.score ?? null,
  };
}

/** Benchmark of Table 2 that the code task stands for. */
export function diffucoderBenchmark(): string {
  return taskSettings(CODE_TASK).diffucoder!;
}
