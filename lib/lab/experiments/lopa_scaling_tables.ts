/**
 * The published numbers on the trained models, the papers' beside them.
 *
 * @module
 */
import type { FigureRow } from "../../figures/types.ts";
import { CODE_TASK } from "../claims/scaling_claims.ts";
import { compareRows, type PairedScores } from "../evaluation/scores.ts";
import type { TrainedModel } from "../evaluation/trained_models.ts";
import type { ResultTable } from "../experiment.ts";
import type { TrainedCell } from "./lopa_scaling.ts";
import { curveTables } from "./lopa_scaling_curves.ts";
import { taskSettings } from "./lopa_scaling_methods.ts";
import {
  diffucoderBenchmark,
  loadPaperItems,
  paperColumns,
  type PaperItems,
  table1Rows,
  table2Rows,
  type TableRow,
} from "./lopa_scaling_paper.ts";
import {
  findTrained,
  summariseTrained,
  type TrainedSummary,
} from "./lopa_scaling_rows.ts";

/** Answers per cell that are published. */
const SHOWN_ANSWERS = 10;

function percent(share: number): number {
  return 100 * share;
}

/** Model, task and method. */
function named({ model, task, name, method }: TrainedSummary) {
  const { lookaheads } = method;
  return {
    model,
    task,
    method: name,
    lookaheads,
    sequences: (lookaheads ?? 0) + 1,
  };
}

/** Score and rates, with the ends of their 95% intervals. */
function rates({ score }: TrainedSummary) {
  return {
    problems: score.problems,
    score: percent(score.accuracy),
    score_low: percent(score.accuracyInterval.low),
    score_high: percent(score.accuracyInterval.high),
    tpf: score.tpf,
    tpf_low: score.tpfInterval.low,
    tpf_high: score.tpfInterval.high,
    tokens_per_call: score.tokensPerCall,
    positions_per_token: score.positionsPerToken,
    forwards_per_answer: score.forwards,
    tpf_with_end_tokens: score.referenceTpf,
  };
}

/** A paired comparison; empty columns where there is none. */
function paired(against: string | null, found: PairedScores | null): FigureRow {
  return {
    against,
    score_difference: found === null
      ? null
      : percent(found.accuracy.difference),
    score_difference_low: found === null ? null : percent(found.accuracy.low),
    score_difference_high: found === null ? null : percent(found.accuracy.high),
    mcnemar_p: found?.accuracy.p ?? null,
    tpf_factor: finite(found?.tpfRatio),
    tpf_factor_low: finite(found?.tpfRatioInterval.low),
    tpf_factor_high: finite(found?.tpfRatioInterval.high),
  };
}

/** A factor of rates that are both 0 is no number. */
function finite(value: number | undefined): number | null {
  return value !== undefined && Number.isFinite(value) ? value : null;
}

function wholeTable(summaries: readonly TrainedSummary[]): ResultTable {
  return {
    name: "lopa-scaling",
    rows: summaries.map((row) => ({
      ...named(row),
      ...rates(row),
      ...paired(row.against?.name ?? null, row.against?.paired ?? null),
      agreement_one_token: row.oneToken?.agreement ?? null,
      same_as_one_token: row.oneToken?.same ?? null,
      score_difference_one_token: row.oneToken === null
        ? null
        : percent(row.oneToken.accuracy.difference),
    })),
  };
}

/** The summary of a table's row, if it ran: `lopa-canvas` stands for its largest number of lookaheads. */
function summaryOf(
  summaries: readonly TrainedSummary[],
  row: TableRow,
  task: string,
): TrainedSummary | undefined {
  return summaries.findLast((summary) =>
    summary.model === row.model && summary.task === task &&
    (summary.name === row.method ||
      row.method === "lopa-canvas" && summary.method.name === "lopa-canvas")
  );
}

/** What the models must meet before their curves mean something: pairs of a method and what it is held against. */
const CONTROLS: readonly (readonly [CellName, CellName])[] = [
  [["dream-mini", "few-step"], ["dream-mini", "one-by-one"]],
  [["llada-mini", "few-step"], ["llada-mini", "one-by-one"]],
  [["d2f-dream-mini", "d2f"], ["dream-mini", "one-by-one"]],
  [["d2f-llada-mini", "d2f"], ["llada-mini", "one-by-one"]],
  [["d2f-dream-mini", "one-token"], ["dream-mini", "one-by-one"]],
  [["d2f-llada-mini", "one-token"], ["llada-mini", "one-by-one"]],
  [["dream-mini", "one-by-one"], ["ar-mini", "autoregressive"]],
  [["dream-mini", "vanilla"], ["dream-mini", "one-by-one"]],
  [["llada-mini", "vanilla"], ["llada-mini", "one-by-one"]],
];

type CellName = readonly [model: TrainedModel, method: string];

/** A control: a method held against another, on the problems that both decoded. */
export interface TrainedControl {
  readonly task: string;
  readonly model: TrainedModel;
  readonly method: string;
  /** Model and method that it is held against. */
  readonly against: string;
  readonly found: PairedScores;
}

/** Parallel decoding costs score, D2F keeps its base's, and diffusion is as good as the causal twin: paired, across models. */
export function trainedControls(
  cells: readonly TrainedCell[],
): TrainedControl[] {
  const tasks = [...new Set(cells.map(({ plan }) => plan.parameters.task))];
  return tasks.flatMap((task) =>
    CONTROLS.flatMap(([[model, method], second]) => {
      const a = findTrained(cells, { model, task, name: method });
      const b = findTrained(cells, { model: second[0], task, name: second[1] });
      if (a === undefined || b === undefined) return [];
      const found = compareRows(a.result.rows, b.result.rows);
      return [{ task, model, method, against: second.join(" "), found }];
    })
  );
}

function controls(cells: readonly TrainedCell[]): ResultTable {
  return {
    name: "lopa-controls",
    rows: trainedControls(cells).map(({ against, found, ...row }) => ({
      ...row,
      problems: found.problems,
      ...paired(against, found),
    })),
  };
}

function table1(
  summaries: readonly TrainedSummary[],
  { table1 }: PaperItems,
): ResultTable {
  const tasks = [...new Set(summaries.map(({ task }) => task))];
  return {
    name: "lopa-table1",
    rows: tasks.flatMap((task) =>
      table1Rows(task).flatMap((row) => {
        const found = summaryOf(summaries, row, task);
        if (found === undefined) return [];
        const { benchmark } = taskSettings(task);
        return [{
          ...named(found),
          ...rates(found),
          ...paperColumns(table1, row, benchmark),
        }];
      })
    ),
  };
}

function table2(
  summaries: readonly TrainedSummary[],
  { table2 }: PaperItems,
): ResultTable {
  return {
    name: "lopa-table2",
    rows: table2Rows().flatMap((row) => {
      const found = summaryOf(summaries, row, CODE_TASK);
      return found === undefined ? [] : [{
        ...named(found),
        ...rates(found),
        ...paired(found.against?.name ?? null, found.against?.paired ?? null),
        ...paperColumns(table2, row, diffucoderBenchmark()),
      }];
    }),
  };
}

/** The settings in use, with those of LoPA's Table 5 for the benchmark that the task stands for. */
function table5(
  cells: readonly TrainedCell[],
  { table5 }: PaperItems,
): ResultTable {
  return {
    name: "lopa-table5",
    rows: cells.flatMap(({ plan: { parameters } }) => {
      const { model, task, method, decoder } = parameters;
      const { options } = decoder;
      if (!("addThreshold" in options)) return [];
      const rules = method.name.endsWith("-diffucoder");
      const settings = taskSettings(task);
      const benchmark = rules ? settings.diffucoder : settings.benchmark;
      const paper = table5.find((row) => row.benchmark === benchmark);
      return [{
        ...{ model, task, method: method.name, decoder: decoder.name },
        lookaheads: method.lookaheads,
        block_size: options.blockSize as number,
        tau_add: options.addThreshold as number,
        tau_act: options.activateThreshold as number,
        tau_conf: options.confidenceThreshold as number,
        strategy: options.strategy as string,
        visibility: (options.visibility ?? null) as string | null,
        paper_benchmark: benchmark,
        paper_block_size: paper?.block_size ?? null,
        paper_tau_add: paper?.tau_add ?? null,
        paper_tau_act: paper?.tau_act ?? null,
        paper_tau_conf: paper?.tau_conf ?? null,
        paper_branches: paper?.branches ?? null,
      }];
    }),
  };
}

function answers(cells: readonly TrainedCell[]): ResultTable {
  const summaries = summariseTrained(cells);
  return {
    name: "lopa-scaling-answers",
    rows: cells.flatMap(({ result }, i) =>
      result.rows.slice(0, SHOWN_ANSWERS).map((row) => ({
        ...named(summaries[i]!),
        problem: row.id,
        correct: row.correct,
        reason: row.reason,
        tokens: row.tokens,
        forwards: row.forwards,
        positions: row.positions,
        answer: row.text,
      }))
    ),
  };
}

/** All tables. */
export async function trainedTables(
  cells: readonly TrainedCell[],
): Promise<readonly ResultTable[]> {
  const summaries = summariseTrained(cells);
  const paper = await loadPaperItems();
  const tables = [
    wholeTable(summaries),
    table1(summaries, paper),
    table2(summaries, paper),
    table5(cells, paper),
    controls(cells),
    ...curveTables(cells, paper),
    answers(cells),
  ];
  return tables.filter(({ rows }) => rows.length > 0);
}
