/**
 * All experiments, by id.
 *
 * @module
 */
import { evaluationTasks } from "../evaluation/tasks.ts";
import { OpenModels } from "../evaluation/open_models.ts";
import type { Experiment } from "../experiment.ts";
import { dparallel } from "./dparallel.ts";
import { lopaDist } from "./lopa_dist.ts";
import { lopaDistProtocols } from "./lopa_dist_protocols.ts";
import { TimedModels } from "./lopa_dist_models.ts";
import { lopaScaling } from "./lopa_scaling.ts";
import { throughputProjection } from "./throughput_projection.ts";
import { TinyModels } from "./tiny_models.ts";
import { tokenFillingOrder } from "./token_filling_order.ts";
import { tpfScaling } from "./tpf_scaling.ts";

/** Makes every experiment, in the order they run; those on tiny models share them. */
export function allExperiments(
  models: TinyModels = new TinyModels(),
): readonly Experiment[] {
  return [
    tokenFillingOrder(models),
    tpfScaling(models),
    lopaScaling(new OpenModels(), evaluationTasks()),
    throughputProjection(models),
    lopaDist(new TimedModels(), evaluationTasks()),
    lopaDistProtocols(),
    dparallel(new OpenModels(), evaluationTasks()),
  ];
}
