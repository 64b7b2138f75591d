/**
 * Passes and updates that end in numbers, or in an error that says which of them did not.
 *
 * @module
 */
import { EngineError } from "../engine/mod.ts";
import type { BatchPlans } from "./batch_plans.ts";
import { DivergenceError } from "./errors.ts";
import type { Optimiser, UpdateReport } from "./optimiser.ts";
import type { OpTimes } from "./profiled_plan.ts";
import type { BatchLoss, StepRates, TrainingBatch } from "./types.ts";

/**
 * Runs one checked micro-batch, number `index` of its step.
 *
 * @throws {DivergenceError} When logits or the loss are not finite.
 */
export async function finitePass(
  plans: BatchPlans,
  batch: TrainingBatch,
  { index, backward, times }: {
    readonly index: number;
    readonly backward: boolean;
    readonly times?: OpTimes | undefined;
  },
): Promise<BatchLoss & { readonly nativeMs: number }> {
  const diverged = (what: string, cause?: unknown) =>
    new DivergenceError(`Micro-batch ${index}: ${what}`, {
      batch: index,
      weightsIntact: true,
      cause,
    });
  let report;
  try {
    report = await plans.run(batch, { backward, times });
  } catch (error) {
    if (!isNumeric(error)) throw error;
    throw diverged(`its pass is not finite (${error.message})`, error);
  }
  if (Number.isFinite(report.loss)) return report;
  throw diverged(`its loss is ${report.loss}`);
}

/**
 * Runs one update.
 *
 * @throws {DivergenceError} When the gradient's norm is not finite, or a weight no longer is.
 */
export async function finiteUpdate(
  optimiser: Optimiser,
  { step, rates, times }: {
    readonly step: number;
    readonly rates: StepRates;
    readonly times: OpTimes | undefined;
  },
): Promise<UpdateReport> {
  try {
    return await optimiser.update(step, rates, times);
  } catch (error) {
    if (!isNumeric(error)) throw error;
    const weightsIntact = !error.message.includes("(PACK)");
    throw new DivergenceError(
      weightsIntact
        ? `The gradient's norm is not finite (${error.message})`
        : `A weight is no longer finite after the update (${error.message})`,
      { batch: null, weightsIntact, cause: error },
    );
  }
}

function isNumeric(error: unknown): error is EngineError {
  return error instanceof EngineError && error.status === "NUMERIC";
}
