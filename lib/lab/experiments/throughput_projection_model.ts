/**
 * The projection: tokens per second of a published row from TPF, recorded rounds, data sheets and a few constants.
 *
 * TPF comes from the paper where it prints one (Table 3, at tau = 0.70) and elsewhere from the recordings, whose curve over
 * thresholds and branches is scaled by one factor per model, benchmark and system to pass through the printed number.
 *
 * @module
 */
import type {
  Constants,
  Observation,
} from "../../metrics/projection/calibrate.ts";
import {
  publishedRate,
  steadyRate,
} from "../../metrics/projection/published_rate.ts";
import {
  meanRound,
  type Mesh,
  type RoundTime,
  roundTime,
  type Stack,
  totalSeconds,
} from "../../metrics/projection/round_time.ts";
import type { AcceleratorId, AcceleratorSheet } from "../hardware.ts";
import type { PaperRow } from "../paper_schema.ts";
import {
  MAIN_SOURCE,
  type RecordingSource,
} from "./throughput_projection_grid.ts";
import type { Recordings } from "./throughput_projection_rounds.ts";
import {
  answerTokens,
  CALIBRATION_SETTINGS,
  DREAM_7B,
  type SystemName,
  SYSTEMS,
} from "./throughput_projection_systems.ts";

/** What is assumed beyond the paper, the sheets and the fit. */
export interface Assumptions {
  /** Whose rounds are scaled. */
  readonly source: RecordingSource;
  /** Rows of the recorded windows are multiplied by this. */
  readonly windowFactor: number;
  /** Latencies of the sheets are multiplied by this. */
  readonly latencyFactor: number;
  /** Tokens of a few-shot prompt; they only add keys. */
  readonly promptTokens: number;
  /** `published`: rates as the tables define them; `steady`: tokens per forward over seconds per forward. */
  readonly definition: "published" | "steady";
  /** TPF of 4 sequences over that of 8 at every threshold; `null`: as recorded. */
  readonly branchRatio: number | null;
  /** Settings that the constants are fitted on. */
  readonly calibration: readonly string[];
  /** TPF the same at every threshold: what a model without any knowledge of thresholds would say. */
  readonly flat: boolean;
}

/** The assumptions of the projection itself. */
export const ASSUMED: Assumptions = {
  source: MAIN_SOURCE,
  windowFactor: 1,
  latencyFactor: 1,
  promptTokens: 700,
  definition: "published",
  branchRatio: null,
  calibration: CALIBRATION_SETTINGS,
  flat: false,
};

/** The lowest threshold: Table 3 prints TPF there. */
export const PRINTED_THRESHOLD = 0.7;

/** Positions of a block (Table 6). */
const BLOCK = 32;

/** A run of a model on a benchmark under a system. */
export interface Run {
  readonly model: string;
  readonly benchmark: string;
  readonly system: SystemName;
  readonly lookaheads: number;
  /** tau_act = tau_conf. */
  readonly threshold: number;
  readonly mesh: Mesh;
}

/** What a projection is made of. */
export interface ProjectionInputs {
  readonly recordings: Recordings;
  readonly sheets: Readonly<Record<AcceleratorId, AcceleratorSheet>>;
  /** Rows of Table 3. */
  readonly table3: readonly PaperRow<"lopa_table3">[];
  /** Rows of Table 4. */
  readonly table4: readonly PaperRow<"lopa_table4">[];
  /** Rows of Table 6. */
  readonly table6: readonly PaperRow<"lopa_table6">[];
}

/** Projects runs under one set of assumptions. */
export class Projection {
  readonly #inputs: ProjectionInputs;
  readonly #assumed: Assumptions;

  constructor(inputs: ProjectionInputs, assumed: Assumptions = ASSUMED) {
    this.#inputs = inputs;
    this.#assumed = assumed;
  }

  /** The run of a row of Table 4. */
  run(
    row: Pick<PaperRow<"lopa_table4">, "model" | "benchmark" | "setting">,
  ): Run {
    const found = this.#inputs.table6.find(({ setting }) =>
      setting === row.setting
    )!;
    return {
      ...{ model: row.model, benchmark: row.benchmark },
      system: found.system as SystemName,
      lookaheads: found.branch_parallel - 1,
      threshold: found.tau_conf,
      mesh: {
        branchParallel: found.branch_parallel,
        tensorParallel: found.tensor_parallel,
      },
    };
  }

  #recorded({ system, lookaheads, threshold }: Run) {
    const { visibility } = SYSTEMS[system];
    return { ...this.#assumed.source, visibility, lookaheads, threshold };
  }

  /** Tokens per forward: the recorded curve through the printed number. */
  tpf(run: Run): number {
    const { table3, recordings } = this.#inputs;
    const printed =
      table3.find((row) =>
        row.model === run.model && row.benchmark === run.benchmark &&
        row.system === run.system
      )!.tpf;
    const { lookaheads } = SYSTEMS[run.system].printed;
    const recorded = (lookaheads: number, threshold: number) =>
      recordings.tpf(this.#recorded({ ...run, lookaheads, threshold }));
    const threshold = this.#assumed.flat ? PRINTED_THRESHOLD : run.threshold;
    const { branchRatio } = this.#assumed;
    if (branchRatio !== null && run.lookaheads === 3 && lookaheads === 7) {
      return printed * branchRatio * recorded(7, threshold) /
        recorded(7, PRINTED_THRESHOLD);
    }
    return printed * recorded(run.lookaheads, threshold) /
      recorded(lookaheads, PRINTED_THRESHOLD);
  }

  /** Mean round of a run on a stack, phase by phase. Blocks are committed as often as the tokens decoded fill them. */
  round(
    run: Run,
    stack: Stack,
    given: { tpf: number; tokens: number },
  ): RoundTime {
    const { windowFactor, latencyFactor, promptTokens } = this.#assumed;
    const { accelerator, precision } = SYSTEMS[run.system];
    const { device } = this.#inputs.sheets[accelerator];
    const commits = Math.min(1, given.tpf / BLOCK);
    const { rounds } = this.#inputs.recordings.get(this.#recorded(run));
    return meanRound(rounds.map(([branches, recorded, weight]) => {
      const rows = recorded * windowFactor;
      const time = roundTime({
        ...{ branches, rows, commits },
        keys: promptTokens + given.tokens / 2 + rows,
        committedRows: given.tpf / commits,
      }, {
        shape: DREAM_7B,
        device: { ...device, linkLatency: device.linkLatency * latencyFactor },
        ...{ precision, stack, mesh: run.mesh },
      });
      return { time, weight };
    }));
  }

  /** Tokens per second of a run at a TPF, by default the projection's. */
  rate(run: Run, constants: Constants, tpf: number = this.tpf(run)): number {
    const tokens = answerTokens(run, constants);
    const stack = SYSTEMS[run.system].stack(constants);
    const seconds = totalSeconds(this.round(run, stack, { tpf, tokens }));
    const rate = this.#assumed.definition === "steady"
      ? steadyRate
      : publishedRate;
    return rate({ tpf, tokens }, seconds);
  }

  /** The numbers that the constants are fitted on: average throughput of the settings that are assumed for it. */
  observations(): Observation[] {
    return this.#inputs.table4.filter(({ setting }) =>
      this.#assumed.calibration.includes(setting)
    ).map((row) => ({
      name: `${row.model} ${row.benchmark} ${row.setting}`,
      observed: row.avg_tps,
      predict: (constants) => this.rate(this.run(row), constants),
    }));
  }
}
