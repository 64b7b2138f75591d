/**
 * Which methods run on which trained model, and on how many problems.
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

/** Problems per cell. Dream comes first: the papers' models are its. */
const PROBLEMS: Record<
  Mode,
  {
    /** Of cells on models that D2F made, and on the causal one. */
    readonly d2f: Record<"dream" | "llada", number>;
    /** Of cells on their bases, where every forward computes a whole canvas. */
    readonly base: Record<"dream" | "llada", number>;
    /** Share of these that controls and ablations get. */
    readonly few: number;
  }
> = {
  quick: {
    ...{ d2f: { dream: 12, llada: 6 }, base: { dream: 10, llada: 5 } },
    few: 0.5,
  },
  default: {
    ...{ d2f: { dream: 100, llada: 24 }, base: { dream: 40, llada: 24 } },
    few: 0.25,
  },
  full: {
    ...{ d2f: { dream: 500, llada: 500 }, base: { dream: 500, llada: 500 } },
    few: 1,
  },
};

/** Problems of a model's cells but for controls and ablations. */
export function problemsOf(model: string, mode: Mode): number {
  const { d2f, base } = PROBLEMS[mode];
  const kind = model.startsWith("d2f-") || model === "ar-mini" ? d2f : base;
  return kind[model.includes("llada") ? "llada" : "dream"];
}

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
  const problems = problemsOf(model, mode);
  const few = Math.ceil(PROBLEMS[mode].few * problems);
  const entries = (methods: readonly TrainedMethod[], count = problems) =>
    methods.map((method) => ({ method, problems: count }));
  if (task.endsWith("-free")) return controlsOf(model, few);
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
  return methods.map((method) => ({ method, problems }));
}
