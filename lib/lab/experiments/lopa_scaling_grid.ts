/**
 * Which methods run on which trained model, how often, and how long that takes.
 *
 * @module
 */
import type { Mode } from "../cell.ts";
import type { TrainedModel } from "../evaluation/trained_models.ts";
import { method, type TrainedMethod } from "./lopa_scaling_methods.ts";

/** A method and how many problems it gets. */
export interface GridEntry {
  readonly method: TrainedMethod;
  readonly problems: number;
}

/** Lookaheads of the curves. */
export const LOOKAHEADS: Record<Mode, readonly number[]> = {
  quick: [0, 7, 14],
  default: [0, 1, 3, 7, 14],
  full: Array.from({ length: 15 }, (_, k) => k),
};

/** Problems per cell, of the first model of each kind and of the second. */
const PROBLEMS: Record<
  Mode,
  { readonly first: number; readonly second: number }
> = {
  quick: { first: 12, second: 6 },
  default: { first: 100, second: 30 },
  full: { first: 500, second: 500 },
};

/** Thresholds beside the task's own, for the areas under accuracy against tokens per forward. */
const SWEEP: Record<Mode, readonly number[]> = {
  quick: [],
  default: [],
  full: [0.5, 0.6, 0.7, 0.8],
};

/** Lookaheads of LoPA on the plain base, where every branch computes a whole canvas. */
export const BASE_LOOKAHEADS: Record<Mode, readonly number[]> = {
  quick: [3],
  default: [3],
  full: [3, 7],
};

/** Lookaheads under the DiffuCoder rules: LoPA's Table 5 has 6 for HumanEval+. */
export const DIFFUCODER_LOOKAHEADS = 6;

/** Lookaheads of the ablations. */
export const ABLATION_LOOKAHEADS = 7;

/** The entries of a model on a task. */
export function gridOf(
  model: TrainedModel,
  task: string,
  mode: Mode,
): readonly GridEntry[] {
  const { first, second } = PROBLEMS[mode];
  const problems = model.includes("llada") ? second : first;
  // Whole canvases cost most and serve as controls: half as many in the short modes.
  const few = mode === "full" ? problems : Math.ceil(problems / 2);
  const entries = (methods: readonly TrainedMethod[], count = problems) =>
    methods.map((method) => ({ method, problems: count }));
  if (task.endsWith("-free")) return controlsOf(model, mode, problems);
  if (model === "ar-mini") return entries([method("autoregressive")]);
  if (!model.startsWith("d2f-")) {
    return [
      ...entries([
        method("one-by-one"),
        method("few-step"),
        method("threshold"),
      ]),
      ...entries([method("vanilla")], few),
      ...entries(
        SWEEP[mode].map((threshold) => method("threshold", { threshold })),
      ),
      ...entries(
        BASE_LOOKAHEADS[mode].map((k) =>
          method("lopa-canvas", { lookaheads: k })
        ),
        few,
      ),
    ];
  }
  const lookaheads = ABLATION_LOOKAHEADS;
  return [
    ...entries([method("one-token"), method("d2f")]),
    ...entries(LOOKAHEADS[mode].map((k) => method("lopa", { lookaheads: k }))),
    ...entries(SWEEP[mode].map((threshold) => method("d2f", { threshold }))),
    ...(task === "code-mini"
      ? entries([
        method("d2f-diffucoder"),
        method("lopa-diffucoder", { lookaheads: DIFFUCODER_LOOKAHEADS }),
      ])
      : []),
    ...(mode === "quick" ? [] : entries([
      method("lopa-probability", { lookaheads }),
      method("d2f-other-window"),
      method("lopa-other-window", { lookaheads }),
    ], few)),
  ];
}

/** On the control task, where parallel decoding must not look free: one token per step, and as many as the method writes. */
function controlsOf(
  model: TrainedModel,
  mode: Mode,
  problems: number,
): readonly GridEntry[] {
  const methods = model === "ar-mini"
    ? [method("autoregressive")]
    : model.startsWith("d2f-")
    ? [
      method("one-token"),
      method("d2f"),
      method("lopa", { lookaheads: ABLATION_LOOKAHEADS }),
    ]
    : [method("one-by-one"), method("few-step")];
  const count = mode === "full" ? problems : Math.ceil(problems / 4);
  return methods.map((method) => ({ method, problems: count }));
}

/** Rough seconds per problem on two cores, for answers of 64 positions by a model of 192 x 6 in bf16. */
export function secondsPerProblem({ name, lookaheads }: TrainedMethod): number {
  const branches = 1 + (lookaheads ?? 0);
  switch (name) {
    case "vanilla":
    case "one-by-one":
      return 0.4;
    case "few-step":
      return 0.1;
    case "threshold":
      return 0.12;
    case "lopa-canvas":
      return 0.1 + 0.1 * branches;
    case "one-token":
      return 0.2;
    case "autoregressive":
      return 0.08;
    default:
      return 0.05 + 0.012 * branches;
  }
}
