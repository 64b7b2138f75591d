/**
 * LoPA's claims as statements about the models trained here. They have their own sizes and tasks, so what is tested is the
 * effect and its direction, and for the factor also its size.
 *
 * @module
 */
import type { TrainedModel } from "../evaluation/trained_models.ts";
import { KEEPS_SCORE } from "./keeps_score.ts";
import type { Claim } from "./types.ts";

/** The models that decode block by block. */
export const D2F_MODELS = ["d2f-dream-mini", "d2f-llada-mini"] as const;

/** The models without D2F. */
export const BASE_MODELS = ["dream-mini", "llada-mini"] as const;

/** The tasks. */
export const MATHS_TASK = "gsm-mini", CODE_TASK = "code-mini";

/** Share by which a point of a rising curve may lie below an earlier one; the paper's own curves dip by up to 2%. */
const DIP = 0.05;

/** Table 1 has factors from 5.4 / 2.3 = 2.3 to 10.1 / 3.1 = 3.3. */
const FACTOR = { low: 2.3, high: 3.3 };

type Trend = Omit<Claim, "id" | "scope" | "paper"> & {
  readonly name: string;
  readonly models: readonly TrainedModel[];
  readonly tasks: readonly string[];
};

const TASKS = [MATHS_TASK, CODE_TASK];

const TRENDS: readonly Trend[] = [
  {
    name: "tpf-rises",
    models: D2F_MODELS,
    tasks: TASKS,
    item: "Fig. 4",
    statement: "TPF rises with the number of lookaheads, 0 to 14.",
    kind: "trend",
    shape: "rising",
    tolerance: DIP,
    values: [],
  },
  {
    name: "gain-saturates",
    models: D2F_MODELS,
    tasks: TASKS,
    item: "Fig. 4",
    statement:
      "The gain saturates: lookaheads 0 to 7 add more TPF than 7 to 14.",
    kind: "trend",
    shape: "saturating",
    values: [],
  },
  {
    name: "lopa-faster",
    models: D2F_MODELS,
    tasks: TASKS,
    item: "Table 1",
    statement:
      "LoPA with the published number of lookaheads decodes more tokens per forward than D2F: the interval of the paired factor lies above 1.",
    kind: "ordering",
    values: [],
  },
  {
    name: "lopa-factor",
    models: D2F_MODELS,
    tasks: TASKS,
    item: "Table 1",
    statement:
      `LoPA with the published number of lookaheads raises TPF over D2F by a factor of ${FACTOR.low} to ${FACTOR.high}.`,
    kind: "ratio",
    values: [{
      name: "factor",
      value: (FACTOR.low + FACTOR.high) / 2,
      tolerance: (FACTOR.high - FACTOR.low) / (FACTOR.high + FACTOR.low),
      unit: "",
    }],
  },
  {
    name: "lopa-keeps-score",
    models: D2F_MODELS,
    tasks: TASKS,
    item: "Table 1",
    statement: `LoPA's score is not below D2F's: ${KEEPS_SCORE.words}.`,
    ...KEEPS_SCORE.judged,
  },
  {
    name: "math-mid-sequence",
    models: D2F_MODELS,
    tasks: [MATHS_TASK],
    item: "Fig. 5",
    statement:
      "With 8 sequences, word problems are decoded most in parallel in the middle of an answer: more tokens per step in the middle third than in the first and than in the last.",
    kind: "ordering",
    values: [],
  },
  {
    name: "code-late",
    models: D2F_MODELS,
    tasks: [CODE_TASK],
    item: "Fig. 5",
    statement:
      "With 8 sequences, code is decoded most in parallel late in an answer: more tokens per step in the last third than in the middle and than in the first.",
    kind: "ordering",
    values: [],
  },
  {
    name: "diffucoder-faster",
    models: D2F_MODELS,
    tasks: [CODE_TASK],
    item: "Table 2",
    statement:
      "Under the DiffuCoder rules LoPA decodes more tokens per forward than D2F: the interval of the paired factor lies above 1.",
    kind: "ordering",
    values: [],
  },
  {
    name: "lopa-helps-base",
    models: BASE_MODELS,
    tasks: TASKS,
    item: "Table 1",
    statement:
      "LoPA also helps the plain base: more tokens per forward than decoding by threshold, and that more than one token per step.",
    kind: "ordering",
    values: [],
  },
  {
    name: "lopa-keeps-base-score",
    models: BASE_MODELS,
    tasks: TASKS,
    item: "Table 1",
    statement:
      `LoPA's score on the plain base is not below that of decoding by threshold: ${KEEPS_SCORE.words}.`,
    ...KEEPS_SCORE.judged,
  },
];

/** Which claim is meant. */
export interface ScalingClaimPlace {
  readonly name: string;
  readonly model: TrainedModel;
  readonly task: string;
}

/** All claims: name, model and task. */
export const SCALING_TRENDS: readonly ScalingClaimPlace[] = TRENDS.flatMap((
  { name, models, tasks },
) => models.flatMap((model) => tasks.map((task) => ({ name, model, task }))));

/** Id of a claim on a model and a task. */
export function scalingClaimId(
  { name, model, task }: ScalingClaimPlace,
): string {
  return `mini-${name}-${model}-${task}`;
}

/** The claims. One on a model that is not among `present` says so. */
export function scalingClaims(
  present: readonly TrainedModel[],
): readonly Claim[] {
  return SCALING_TRENDS.map((place): Claim => {
    const { name: _, models: __, tasks: ___, ...trend } = TRENDS.find((
      { name },
    ) => name === place.name)!;
    const { model, task } = place;
    return {
      ...trend,
      id: scalingClaimId(place),
      scope: "mini",
      paper: "lopa",
      statement: `${model} on ${task}: ${trend.statement}`,
      ...(present.includes(model) ? {} : {
        missing: {
          needs: "weights",
          reason:
            `Needs the model data/models/${model}, trained to the end of its recipe: "deno task train ${model}".`,
        },
      }),
    };
  });
}
