/** Made-up cells of the measured throughput. Used by tests only. */
import type { LopaDistCell, LopaDistResult } from "./lopa_dist.ts";
import { lopaDistGrid, type LopaDistParameters } from "./lopa_dist_grid.ts";
import type { TrainedModel } from "../evaluation/trained_models.ts";
import { TRAINED_MODELS } from "../evaluation/trained_models.ts";
import { ANCHOR, type SweepEntry } from "./lopa_dist_settings.ts";

/** What is made up. */
export interface MadeUp {
  readonly present?: readonly TrainedModel[];
  /** Tokens per second of an entry. */
  readonly rate?: (entry: SweepEntry) => number;
  /** Share of right answers. */
  readonly score?: (entry: SweepEntry) => number;
}

/** Lower thresholds and more branches are faster, and less accurate. */
export function madeUpRate({ id, tau, lookaheads, model }: SweepEntry): number {
  if (tau !== null) return 100 * (2 - tau) + 10 * lookaheads!;
  return id === "D2F" ? 90 : model === "ar-mini" ? 80 : 20;
}

/** The base is right in 3 of 4; settings from 0.85 down lose a quarter. */
export function madeUpScore({ tau }: SweepEntry): number {
  return tau !== null && tau < 0.88 ? 0.5 : 0.75;
}

const PROBLEMS = 8;

function resultOf(
  parameters: LopaDistParameters,
  { rate = madeUpRate, score = madeUpScore }: MadeUp,
): LopaDistResult {
  if (parameters.kind === "scaling") {
    return {
      ...{ kind: "scaling", rounds: 10, tokens: 40 },
      layouts: parameters.layouts.map((layout, i) => ({
        layout,
        turnsMs: [1, 1.1, 1.2].map((drift) => drift * (i === 0 ? 400 : 200)),
        latencies: [0.4, 0.41, 0.42],
        phases: {
          ...{ compute: 14, preWrite: 1, commit: 1, wait: 2, select: 1.5 },
          ...{ host: 0.5, gap: 5 },
        },
        timeline: [
          { lane: "rank 0", phase: "compute", from: 0, to: 14 },
          { lane: "rank 0", phase: "pre-write", from: 14, to: 15 },
          { lane: "rank 0", phase: "commit", from: 15, to: 16 },
          { lane: "coordinator", phase: "select", from: 18, to: 19.5 },
          { lane: "coordinator", phase: "host", from: 19.5, to: 20 },
        ],
        digest: layout.shards === 1 ? "same" : "other",
      })),
    };
  }
  return {
    kind: "sweep",
    entries: parameters.entries.map((entry) => {
      const graded = parameters.task !== "toy prompts";
      return {
        id: entry.id,
        correct: Array.from(
          { length: PROBLEMS },
          (_, i) => graded ? i < PROBLEMS * score(entry) : null,
        ),
        latencies: Array.from({ length: PROBLEMS }, () => 40 / rate(entry)),
        tokens: Array(PROBLEMS).fill(40),
        forwards: Array(PROBLEMS).fill(entry.id === ANCHOR ? 40 : 10),
        rates: [
          { id: "tps.lopa-mean", value: 1.1 * rate(entry) },
          { id: "tps.client", value: rate(entry) },
          { id: "tps.batch", value: null, reason: "no batch" },
        ],
      };
    }),
  };
}

/** A finished default grid. */
export function distCells(made: MadeUp = {}): LopaDistCell[] {
  const { present = TRAINED_MODELS } = made;
  const tasks = ["gsm-mini", "code-mini"].map((task) => ({
    task,
    maxNewTokens: 64,
  }));
  return lopaDistGrid({ mode: "default", cores: 2, present, tasks }).map(
    (parameters): LopaDistCell => ({
      plan: {
        parameters,
        ...{ label: "made up", model: null, task: null, precision: "bf16" },
        seconds: 1,
      },
      ...{ key: "made up", ms: 1, reused: false },
      result: resultOf(parameters, made),
    }),
  );
}
