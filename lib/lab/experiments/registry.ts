/**
 * All experiments, by id.
 *
 * @module
 */
import type { Experiment } from "../experiment.ts";
import { TinyModels } from "./tiny_models.ts";
import { tokenFillingOrder } from "./token_filling_order.ts";
import { tpfScaling } from "./tpf_scaling.ts";

/** Makes every experiment, in the order they run; they share their models. */
export function allExperiments(
  models: TinyModels = new TinyModels(),
): readonly Experiment[] {
  return [
    tokenFillingOrder(models),
    tpfScaling(models),
  ];
}
