/**
 * LoPA's scaling part on the models trained here: tokens per forward and scores against lookaheads (Fig. 4), tokens per step
 * (Fig. 5), the tables of decoding methods (Tables 1 and 2), and areas under accuracy against tokens per forward.
 *
 * A cell is a model, a method and a range of problems of a task's test split, each decoded once and graded.
 *
 * @module
 */
import type { Task } from "../../tasks/types.ts";
import { scalingClaims } from "../claims/scaling_claims.ts";
import type { Evaluation } from "../evaluation/evaluate.ts";
import type { OpenModels } from "../evaluation/open_models.ts";
import { SCORE_SEED } from "../evaluation/scores.ts";
import {
  presentModels,
  type TrainedModel,
} from "../evaluation/trained_models.ts";
import type { CellResult, Experiment } from "../experiment.ts";
import { decodingSeconds } from "./decoding_seconds.ts";
import { type DecodingParameters, decodingStudy } from "./decoding_study.ts";
import { trainedFigures } from "./lopa_scaling_figures.ts";
import { gridOf } from "./lopa_scaling_grid.ts";
import { measureTrained } from "./lopa_scaling_measure.ts";
import {
  trainedDecoder,
  type TrainedMethod,
  trainedMethodName,
} from "./lopa_scaling_methods.ts";
import { trainedTables } from "./lopa_scaling_tables.ts";

/** A cell: one model, one method, a range of problems. */
export type TrainedParameters = DecodingParameters<TrainedModel> & {
  readonly method: TrainedMethod;
};

/** A finished cell. */
export type TrainedCell = CellResult<TrainedParameters, Evaluation>;

/** The experiment; `models` and `tasks` are closed with it. */
export function lopaScaling(
  models: OpenModels,
  tasks: readonly Task[],
): Experiment<TrainedParameters, Evaluation> {
  const { plan, decode: run, close } = decodingStudy({
    ...{ models, tasks },
    present: () => presentModels(models.folder),
    grid: (model, place) =>
      gridOf(model, place.task, place.mode).map(({ method, problems }) => {
        const decoder = trainedDecoder(method, place);
        return {
          ...{ own: { method }, decoder, problems, decodes: true },
          label: trainedMethodName(method),
          seconds: decodingSeconds(decoder),
        };
      }),
  });
  return {
    id: "lopa-scaling",
    title: "LoPA on the models trained here: tokens per forward and scores",
    version: 2,
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
    close,
  };
}
