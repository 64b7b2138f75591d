/**
 * Columns of the files under `data/paper`, one entry per table or figure. Units, meaning and provenance stand beside the
 * data in `provenance.json`; the loader refuses a file whose columns are not these.
 *
 * @module
 */

/** What a cell holds: `flag` is 0 or 1, `?` marks a column that the paper leaves blank in places. */
export type CellType =
  | "text"
  | "integer"
  | "number"
  | "number?"
  | "integer?"
  | "flag";

const perBenchmark = {
  benchmark: "text",
  shots: "integer",
  method: "text",
  steps: "integer",
  latency_s: "number",
  speedup: "number",
  accuracy: "number",
} as const;

const decoding = {
  model: "text",
  method: "text",
  benchmark: "text",
  shots: "integer",
  tpf: "number",
  score: "number",
} as const;

/** Columns by item, in file order. */
export const PAPER_SCHEMA = {
  lopa_table1: decoding,
  lopa_table2: decoding,
  lopa_table3: {
    model: "text",
    system: "text",
    benchmark: "text",
    avg_tps: "number",
    max_tps: "number",
    tpf: "number",
    latency_s: "number",
  },
  lopa_table4: {
    model: "text",
    system: "text",
    setting: "text",
    benchmark: "text",
    avg_tps: "number",
    max_tps: "number",
    top10_tps: "number",
    score: "number",
  },
  lopa_table5: {
    model: "text",
    benchmark: "text",
    shots: "integer",
    block_size: "integer",
    tau_add: "number",
    tau_act: "number",
    tau_conf: "number",
    branches: "integer",
  },
  lopa_table6: {
    setting: "text",
    system: "text",
    precision: "text",
    tensor_parallel: "integer",
    branch_parallel: "integer",
    block_size: "integer",
    sequence_length: "integer",
    tau_add: "number",
    tau_act: "number",
    tau_conf: "number",
  },
  lopa_table7: {
    model: "text",
    benchmark: "text",
    avg_tps: "number?",
    tpf: "number",
    latency_s: "number?",
    score: "number",
  },
  lopa_fig1: {
    benchmark: "text",
    bar: "text",
    system: "text",
    avg_tps: "number",
  },
  lopa_fig4: {
    benchmark: "text",
    series: "text",
    branches: "integer?",
    tpf: "number",
    score: "number",
  },
  lopa_fig5: {
    benchmark: "text",
    series: "text",
    step: "integer",
    mean_tokens: "number",
    drawn_vertex: "flag",
    iqr_low: "number",
    iqr_high: "number",
  },
  dparallel_table1: perBenchmark,
  dparallel_table2: perBenchmark,
  dparallel_table3: {
    consistency_loss: "flag",
    certainty_loss: "flag",
    semi_ar_masking: "flag",
    benchmark: "text",
    steps: "integer",
    speedup: "number",
    accuracy: "number",
  },
  dparallel_table4: {
    mask_ratio: "text",
    steps: "integer",
    speedup: "number",
    accuracy: "number",
  },
  dparallel_table5: {
    model: "text",
    lora_rank: "integer",
    lora_alpha: "integer",
    learning_rate: "number",
    schedule: "text",
    epochs: "integer",
    global_batch: "integer",
    certainty_weight: "number",
  },
  dparallel_table6: perBenchmark,
  dparallel_fig4: {
    model: "text",
    benchmark: "text",
    method: "text",
    speedup: "number?",
    accuracy: "number",
  },
} as const satisfies Readonly<
  Record<string, Readonly<Record<string, CellType>>>
>;

/** Name of a table or figure, e.g. `lopa_table1`; also the stem of its file. */
export type PaperItem = keyof typeof PAPER_SCHEMA;

type Value<T extends CellType> = T extends "text" ? string
  : T extends "flag" ? boolean
  : T extends "number?" | "integer?" ? number | null
  : number;

/** One row of item `I`. */
export type PaperRow<I extends PaperItem> = {
  readonly [C in keyof (typeof PAPER_SCHEMA)[I]]:
    (typeof PAPER_SCHEMA)[I][C] extends CellType
      ? Value<(typeof PAPER_SCHEMA)[I][C]>
      : never;
};

/** All items, LoPA first. */
export const PAPER_ITEMS = Object.keys(PAPER_SCHEMA) as readonly PaperItem[];
