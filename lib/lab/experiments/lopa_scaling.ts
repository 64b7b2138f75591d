/**
 * LoPA's scaling part on the models trained here: tokens per forward and scores against lookaheads (Fig. 4), tokens per step
 * (Fig. 5), the tables of decoding methods (Tables 1 and 2), and areas under accuracy against tokens per forward.
 *
 * A cell is a model, a method and a range of problems of a task's test split, each decoded once and graded.
 *
 * @module
 */
import type { Split, Task } from "../../tasks/types.ts";
import type { Mode } from "../cell.ts";
import { scalingClaims } from "../claims/scaling_claims.ts";
import { evaluate, type Evaluation } from "../evaluation/evaluate.ts";
import { SCORE_SEED } from "../evaluation/scores.ts";
import type {
  TrainedModel,
  TrainedModels,
} from "../evaluation/trained_models.ts";
import type {
  CellContext,
  CellPlan,
  CellResult,
  Experiment,
} from "../experiment.ts";
import { canonicalJson, sha256 } from "../json.ts";
import { trainedFigures } from "./lopa_scaling_figures.ts";
import { gridOf, secondsPerProblem } from "./lopa_scaling_grid.ts";
import { measureTrained } from "./lopa_scaling_measure.ts";
import {
  trainedDecoder,
  type TrainedMethod,
  trainedMethodName,
} from "./lopa_scaling_methods.ts";
import { trainedTables } from "./lopa_scaling_tables.ts";
import type { DecoderData } from "./methods.ts";

/** A cell: one model, one method, a range of problems. */
export type TrainedParameters = {
  readonly model: TrainedModel;
  readonly task: string;
  readonly method: TrainedMethod;
  readonly decoder: DecoderData;
  readonly split: Split;
  readonly first: number;
  readonly count: number;
};

/** A finished cell. */
export type TrainedCell = CellResult<TrainedParameters, Evaluation>;

const PRECISION = "bf16";

/** The experiment; `models` and `tasks` are closed with it. */
export function lopaScaling(
  models: TrainedModels,
  tasks: readonly Task[],
): Experiment<TrainedParameters, Evaluation> {
  function taskNamed(name: string): Task {
    return tasks.find((task) => task.name === name)!;
  }

  async function plan(mode: Mode): Promise<CellPlan<TrainedParameters>[]> {
    const plans: CellPlan<TrainedParameters>[] = [];
    for (const model of await models.present()) {
      const { digest, family, tokenizer } = await models.facts(model);
      for (const { name: task, digest: made, maxNewTokens } of tasks) {
        for (const { method, problems } of gridOf(model, task, mode)) {
          const place = { family, task, maxNewTokens };
          plans.push({
            parameters: {
              model,
              task,
              method,
              decoder: trainedDecoder(method, place),
              split: "test",
              first: 0,
              count: problems,
            },
            label: `${model} ${task} ${trainedMethodName(method)}`,
            model: digest,
            task: sha256(canonicalJson({ task: made, tokenizer })),
            precision: PRECISION,
            seconds: problems * secondsPerProblem(method),
          });
        }
      }
    }
    return plans;
  }

  async function run(
    { parameters }: CellPlan<TrainedParameters>,
    { signal, report }: CellContext,
  ): Promise<Evaluation> {
    const { model, task, decoder, split, first, count } = parameters;
    return await evaluate(await models.open(model), {
      task: taskNamed(task),
      ...{ decoder, split, first, count, signal, report },
    });
  }

  return {
    id: "lopa-scaling",
    title: "LoPA on the models trained here: tokens per forward and scores",
    version: 1,
    reproduces: [
      "LoPA Fig. 4",
      "LoPA Fig. 5",
      "LoPA Table 1",
      "LoPA Table 2",
      "LoPA Table 5",
    ],
    timing: false,
    seeds: [SCORE_SEED],
    claims: scalingClaims([]).map(({ id }) => id),
    plan,
    run,
    measure: measureTrained,
    tables: trainedTables,
    figures: trainedFigures,
    async close() {
      await models.close();
      for (const task of tasks) await task.close();
    },
  };
}
