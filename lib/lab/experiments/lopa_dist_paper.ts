/**
 * The paper's tables with the counterparts measured here beside them: another model, another task, another machine. What has no
 * counterpart says why.
 *
 * @module
 */
import type { FigureRow } from "../../figures/types.ts";
import type { ResultTable } from "../experiment.ts";
import { loadPaperTable } from "../paper.ts";
import { layoutName } from "./lopa_dist_layouts.ts";
import { clientRate } from "./lopa_dist_headline.ts";
import { type EntryRow, type LayoutRow, PAPER_RATE } from "./lopa_dist_rows.ts";
import type { SweepEntry } from "./lopa_dist_settings.ts";

const STUDENT = "d2f-dream-mini";
const TASKS: Readonly<Record<string, string>> = {
  ...{ MBPP: "code-mini", GSM8K: "gsm-mini" },
};
const INSTRUCT =
  "not attempted: one D2F model of Dream is trained here; it stands for Base";

/** A row that stands for one of the paper, or why there is none. */
type Counterpart = EntryRow | string;

/** Looks counterparts up. */
class Counterparts {
  readonly #rows: readonly EntryRow[];

  constructor(rows: readonly EntryRow[]) {
    this.#rows = rows;
  }

  /** `model`: of the paper; `id`: the entry that stands for it. */
  find(
    { model, benchmark }: {
      readonly model: string;
      readonly benchmark: string;
    },
    wanted: (entry: SweepEntry) => boolean,
  ): Counterpart {
    if (model.includes("Instruct")) return INSTRUCT;
    return this.#fastest(benchmark, wanted, STUDENT);
  }

  /** The autoregressive twin, whichever layout is faster. */
  twin(benchmark: string): Counterpart {
    return this.#fastest(
      benchmark,
      ({ model }) => model === "ar-mini",
      "ar-mini",
    );
  }

  #fastest(
    benchmark: string,
    wanted: (entry: SweepEntry) => boolean,
    needs: string,
  ): Counterpart {
    const task = TASKS[benchmark];
    const found = this.#rows.filter(({ parameters, entry }) =>
      parameters.model === STUDENT && parameters.task === task && wanted(entry)
    ).toSorted((a, b) => clientRate(b) - clientRate(a));
    return found[0] ??
      `not attempted: needs ${needs} on ${task}, trained to the end, in this mode`;
  }
}

function rates(found: Counterpart): FigureRow {
  const row = typeof found === "string" ? null : found;
  return {
    counterpart_model: row?.entry.model ?? null,
    counterpart_task: row?.parameters.task ?? null,
    counterpart_layout: row === null ? null : layoutName(row.entry.layout),
    counterpart_problems: row?.problems ?? null,
    counterpart_avg_tps: row?.rates[PAPER_RATE] ?? null,
    counterpart_client_tps: row === null ? null : clientRate(row),
    counterpart_tpf: row?.tpf ?? null,
    counterpart_latency_s: row?.meanLatency ?? null,
    counterpart_score: row === null || row.score === null
      ? null
      : 100 * row.score,
    why_not_measured: row === null ? found as string : "",
  };
}

const isSetting = (id: string) => (entry: SweepEntry) => entry.id === id;
const PRINTED: Readonly<Record<string, string>> = {
  ...{ "LoPA-Dist-NV": "S12", "LoPA-Dist-Ascend": "S18" },
};

async function table3(found: Counterparts): Promise<ResultTable> {
  const { rows } = await loadPaperTable("lopa_table3");
  return {
    name: "lopa-dist-table3",
    rows: rows.map((paper) => ({
      ...{ model: paper.model, system: paper.system },
      benchmark: paper.benchmark,
      ...rates(found.find(paper, isSetting(PRINTED[paper.system]!))),
      ...{ paper_avg_tps: paper.avg_tps, paper_tpf: paper.tpf },
      paper_latency_s: paper.latency_s,
    })),
  };
}

async function table4(found: Counterparts): Promise<ResultTable> {
  const { rows } = await loadPaperTable("lopa_table4");
  const row = (model: string, setting: string, benchmark: string) =>
    found.find({ model, benchmark }, isSetting(setting));
  return {
    name: "lopa-dist-table4",
    rows: rows.map(({ model, system, setting, benchmark, ...paper }) => {
      const first = row(model, "S1", benchmark);
      const own = row(model, setting, benchmark);
      const paperFirst = rows.find((other) =>
        other.model === model && other.setting === "S1" &&
        other.benchmark === benchmark
      )!;
      return {
        ...{ model, system, setting, benchmark, ...rates(own) },
        counterpart_over_s1: typeof own === "string" || typeof first ===
            "string"
          ? null
          : own.rates[PAPER_RATE]! / first.rates[PAPER_RATE]!,
        paper_avg_tps: paper.avg_tps,
        paper_over_s1: paper.avg_tps / paperFirst.avg_tps,
        paper_score: paper.score,
      };
    }),
  };
}

/** Rounds of the settings' number of branches on this machine, at the threshold of the scaling cells. */
async function table6(layouts: readonly LayoutRow[]): Promise<ResultTable> {
  const { rows } = await loadPaperTable("lopa_table6");
  return {
    name: "lopa-dist-table6",
    rows: rows.map((paper) => {
      const protocol = paper.system === "LoPA-Dist-NV"
        ? "two-phase"
        : "single-phase";
      const found = layouts.findLast(({ sequences, layout, parameters }) =>
        sequences === paper.branch_parallel && layout.protocol === protocol &&
        layout.shards === 1 &&
        (protocol === "single-phase" || parameters.visibility === "full")
      );
      return {
        ...{ setting: paper.setting, system: paper.system },
        ...{ precision: paper.precision, tau_conf: paper.tau_conf },
        tensor_parallel: paper.tensor_parallel,
        branch_parallel: paper.branch_parallel,
        counterpart_model: found?.parameters.model ?? null,
        counterpart_layout: found?.name ?? null,
        counterpart_sequences: found?.sequences ?? null,
        counterpart_round_ms: found?.roundMs.median ?? null,
        why_not_measured: found === undefined
          ? `not attempted: ${paper.branch_parallel} branches are timed in the modes default and full`
          : "",
      };
    }),
  };
}

async function table7(found: Counterparts): Promise<ResultTable> {
  const { rows } = await loadPaperTable("lopa_table7");
  return {
    name: "lopa-dist-table7",
    rows: rows.map(({ model, benchmark, ...paper }) => {
      const own = model.startsWith("D2F")
        ? found.find({ model, benchmark }, isSetting("D2F"))
        : model.startsWith("Qwen3")
        ? found.twin(benchmark)
        : "not attempted: no model of that kind is trained here";
      return {
        ...{ model, benchmark, ...rates(own) },
        ...{ paper_avg_tps: paper.avg_tps, paper_tpf: paper.tpf },
        ...{ paper_latency_s: paper.latency_s, paper_score: paper.score },
      };
    }),
  };
}

async function fig1(found: Counterparts): Promise<ResultTable> {
  const { rows } = await loadPaperTable("lopa_fig1");
  const entries: Readonly<Record<string, string>> = {
    ...{ D: "D2F", E: "S12", F: "S18" },
  };
  return {
    name: "lopa-dist-fig1",
    rows: rows.map(({ benchmark, bar, system, avg_tps }) => {
      const id = entries[bar];
      const own = bar === "A"
        ? found.twin(benchmark)
        : id === undefined
        ? "not attempted: no model of that kind is trained here"
        : found.find({ model: system, benchmark }, isSetting(id));
      return {
        ...{ benchmark, bar, system, ...rates(own) },
        paper_avg_tps: avg_tps,
      };
    }),
  };
}

/** Tables 3, 4, 6 and 7 and the bars of Fig. 1, in the paper's order. */
export async function paperTables(
  entries: readonly EntryRow[],
  layouts: readonly LayoutRow[],
): Promise<readonly ResultTable[]> {
  const found = new Counterparts(entries);
  return await Promise.all([
    table3(found),
    table4(found),
    table6(layouts),
    table7(found),
    fig1(found),
  ]);
}
