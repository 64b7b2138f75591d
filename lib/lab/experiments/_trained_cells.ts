/** Made-up results on the trained models. Used by tests only. */
import { CODE_TASK, MATHS_TASK } from "../claims/scaling_claims.ts";
import type { ProblemRow } from "../evaluation/problem_row.ts";
import {
  TRAINED_MODELS,
  type TrainedModel,
} from "../evaluation/trained_models.ts";
import type { Mode } from "../cell.ts";
import type { TrainedCell } from "./lopa_scaling.ts";
import { gridOf } from "./lopa_scaling_grid.ts";
import {
  trainedDecoder,
  type TrainedMethod,
  trainedMethodName,
} from "./lopa_scaling_methods.ts";

/** Forwards of an answer of 48 tokens, made up so that all claims hold. */
function forwardsOf({ name, lookaheads }: TrainedMethod): number {
  switch (name) {
    case "few-step":
      return 12;
    case "threshold":
      return 24;
    case "lopa-canvas":
      return 16;
    case "d2f":
    case "d2f-diffucoder":
    case "d2f-other-window":
      return 24;
    case "lopa":
    case "lopa-diffucoder":
    case "lopa-other-window":
    case "lopa-probability":
      return [24, 18, 16, 14, 13, 12, 11, 10][lookaheads!] ?? 9;
    default:
      return 48;
  }
}

/** A change of the rows of some methods, by name. */
export type RowChange = (
  row: ProblemRow,
  place: {
    readonly model: TrainedModel;
    readonly task: string;
    readonly name: string;
  },
) => Partial<ProblemRow>;

function rowOf(task: string, index: number, method: TrainedMethod): ProblemRow {
  const forwards = forwardsOf(method);
  const calls = forwards * (1 + (method.lookaheads ?? 0));
  const busy = task === CODE_TASK ? 2 : 1;
  const steps = Array.from(
    { length: forwards },
    (_, i) => Math.floor(3 * i / forwards) === busy ? 5 : 2,
  );
  return {
    id: `${task}/test/${index}`,
    labels: { steps: String(1 + index % 4) },
    correct: index % 10 !== 0,
    reason: index % 10 !== 0 ? "correct" : "wrong number",
    text: "an answer",
    ids: Array.from({ length: 48 }, (_, i) => i),
    tokens: 48,
    canvas: 64,
    forwards,
    calls,
    referenceSteps: forwards + 1,
    positions: 40 * calls,
    accepted: 0,
    steps,
    answerSteps: steps,
    ...{ settled: forwards, blocks: [], inside: 3, committed: 0.97 },
  };
}

/** Cells of a mode's grid, all models and both tasks unless told otherwise; `problems` rows each. */
export function trainedCells(
  options: {
    readonly mode?: Mode;
    readonly models?: readonly TrainedModel[];
    readonly problems?: number;
    readonly change?: RowChange;
  } = {},
): TrainedCell[] {
  const { mode = "default", models = TRAINED_MODELS, problems = 20 } = options;
  return models.flatMap((model) =>
    [MATHS_TASK, CODE_TASK].flatMap((task) =>
      gridOf(model, task, mode).map(({ method }): TrainedCell => {
        const name = trainedMethodName(method);
        const family = model === "ar-mini"
          ? "qwen2"
          : model.includes("dream")
          ? "dream"
          : "llada";
        const rows = Array.from({ length: problems }, (_, index) => {
          const row = rowOf(task, index, method);
          return { ...row, ...options.change?.(row, { model, task, name }) };
        });
        return {
          plan: {
            parameters: {
              ...{ model, task, method, split: "test", first: 0 },
              decoder: trainedDecoder(method, {
                family,
                task,
                maxNewTokens: 64,
              }),
              count: problems,
            },
            label: `${model} ${task} ${name}`,
            model: "m",
            task: "t",
            precision: "bf16",
            seconds: 1,
          },
          key: "k",
          ms: 1,
          reused: false,
          result: { rows, metrics: [] },
        };
      })
    )
  );
}
