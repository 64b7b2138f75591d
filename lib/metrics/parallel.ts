/**
 * Tokens decoded in parallel: how many tokens each step writes, by step index, over the samples of a run (LoPA Fig. 5).
 *
 * @module
 */
import type { Trace } from "../decoding/trace_types.ts";
import type { DecodeStep } from "../decoding/types.ts";
import { mean, quantile } from "./quantile.ts";

/** Tokens per step at one step index, over the samples that have such a step. */
export interface ParallelTokens {
  /** 1-based. */
  readonly step: number;
  /** Samples that have this step. */
  readonly samples: number;
  /** Arithmetic mean over them. */
  readonly mean: number;
  /** First quartile; all three by linear interpolation, {@linkcode quantile}. */
  readonly q1: number;
  /** Second quartile. */
  readonly median: number;
  /** Third quartile. */
  readonly q3: number;
}

/** Options of {@linkcode parallelTokens}. */
export interface ParallelTokensOptions {
  /**
   * Also count the lookahead token that a winning branch brought along. LoPA's own per-step statistics leave it out
   * (arXiv 2512.16229, `tpf_per_step` of lopa_dist_nv). Default `false`.
   */
  readonly accepted?: boolean;
}

/** Tokens that one step wrote. */
export function tokensOfStep(
  step: DecodeStep,
  { accepted = false }: ParallelTokensOptions = {},
): number {
  return step.fills.length +
    (accepted && step.accepted !== undefined ? 1 : 0);
}

/** One row per step index, up to the longest sample. */
export function parallelTokens(
  traces: readonly Trace[],
  options: ParallelTokensOptions = {},
): ParallelTokens[] {
  return parallelCounts(
    traces.map(({ steps }) => steps.map((step) => tokensOfStep(step, options))),
  );
}

/** The same from counts: for each sample the tokens of each of its steps. */
export function parallelCounts(
  samples: readonly (readonly number[])[],
): ParallelTokens[] {
  const longest = Math.max(0, ...samples.map((steps) => steps.length));
  return Array.from({ length: longest }, (_, i) => {
    const values = samples.flatMap((steps) => steps.slice(i, i + 1));
    return {
      step: i + 1,
      samples: values.length,
      mean: mean(values),
      q1: quantile(values, 0.25),
      median: quantile(values, 0.5),
      q3: quantile(values, 0.75),
    };
  });
}
