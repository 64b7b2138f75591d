/**
 * Results of the TPF scaling experiment, looked up and summed up.
 *
 * @module
 */
import { agreement } from "../../metrics/agreement.ts";
import { bootstrapRatio } from "../../metrics/bootstrap.ts";
import type { TinyModel } from "../claims/tiny_claims.ts";
import type { CellResult } from "../experiment.ts";
import { type Method, methodName } from "./methods.ts";
import type { ScalingParameters } from "./tpf_scaling.ts";
import type { ScalingResult, ScalingSample } from "./tpf_scaling_result.ts";

/** A finished cell. */
export type ScalingCell = CellResult<ScalingParameters, ScalingResult>;

/** Seed of the bootstrap intervals. */
export const INTERVAL_SEED = 7;

/** One method on one model. */
export interface ScalingSummary {
  readonly model: TinyModel;
  readonly method: Method;
  /** `null` for methods without branches. */
  readonly lookaheads: number | null;
  /** Prompts. */
  readonly samples: number;
  /** Generated positions over the method's own count of steps, both summed, and its 95% bootstrap interval. */
  readonly tpf: number;
  readonly tpfLow: number;
  readonly tpfHigh: number;
  readonly tokensPerCall: number;
  readonly positionsPerToken: number;
  /** Mean forwards per answer. */
  readonly forwards: number;
  /** Mean share of equal positions with D2F at one token per step, and with the model's own sampler at one token per step. */
  readonly agreementOneToken: number | null;
  readonly agreementVanilla: number | null;
}

/** The cell of a method on a model, if it is there. */
export function findCell(
  cells: readonly ScalingCell[],
  wanted: { readonly model: TinyModel; readonly method: string },
): ScalingCell | undefined {
  return cells.find(({ plan: { parameters } }) =>
    parameters.model === wanted.model &&
    methodName(parameters.method) === wanted.method
  );
}

/** A metric of a cell. Throws `RangeError` when it does not apply. */
export function metricOf(cell: ScalingCell, id: string): number {
  const metric = cell.result.metrics.find((entry) => entry.id === id);
  if (typeof metric?.value === "number") return metric.value;
  throw new RangeError(
    `Cannot use metric "${id}" of ${cell.plan.label}: ${
      metric?.reason ?? "there is none of this name"
    }`,
  );
}

function meanAgreement(
  samples: readonly ScalingSample[],
  others: readonly ScalingSample[] | undefined,
): number | null {
  if (others === undefined) return null;
  const shares = samples.map((sample, i) =>
    agreement(sample.ids, others[i]!.ids)
  );
  return shares.reduce((sum, share) => sum + share, 0) / shares.length;
}

/** Sums up every finished cell. */
export function summarise(cells: readonly ScalingCell[]): ScalingSummary[] {
  return cells.map((cell) => {
    const { model, method } = cell.plan.parameters;
    const { samples } = cell.result;
    const partner = (name: string) =>
      findCell(cells, { model, method: name })?.result.samples;
    const interval = bootstrapRatio(
      samples.map(({ canvas, referenceSteps }) => [canvas, referenceSteps]),
      { seed: INTERVAL_SEED },
    );
    const forwards = samples.reduce((sum, sample) => sum + sample.forwards, 0);
    return {
      model,
      method,
      lookaheads: method.name === "lopa" ? method.lookaheads : null,
      samples: samples.length,
      tpf: metricOf(cell, "tpf.reference"),
      tpfLow: interval.low,
      tpfHigh: interval.high,
      tokensPerCall: metricOf(cell, "cost.tokens-per-call"),
      positionsPerToken: metricOf(cell, "cost.positions-per-token"),
      forwards: forwards / samples.length,
      agreementOneToken: meanAgreement(samples, partner("one-token")),
      agreementVanilla: meanAgreement(samples, partner("vanilla")),
    };
  });
}
