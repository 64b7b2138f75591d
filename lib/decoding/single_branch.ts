/**
 * What decoders with one branch share: requests with one window, and the record of a step.
 *
 * @module
 */
import type {
  BranchPredictions,
  CacheOperation,
  ForwardRequest,
  PositionRange,
  Predictions,
  SamplingOptions,
  Visibility,
} from "../model/types.ts";
import { DecodeError } from "./errors.ts";
import { drawUniforms } from "./sampling.ts";
import type { PickedCandidate } from "./selection.ts";
import type { DecodeStep, Fill, UniformSource } from "./types.ts";

/** One window. */
export interface WindowRequest {
  /** Prompt and generation, `[L]`. */
  readonly canvas: Int32Array;
  /** Positions to compute. */
  readonly window: PositionRange;
  /** Positions to predict, ascending. */
  readonly predict: Int32Array;
  /** How tokens are drawn. */
  readonly sampling: SamplingOptions;
  /** Drawn from above temperature 0, purpose `token`. */
  readonly uniforms: UniformSource;
  /** 1-based count of the forward. */
  readonly round: number;
  /** Changes to the cache before the forward; default none. */
  readonly cache?: readonly CacheOperation[];
  /** Cached ranges; empty ones are dropped. */
  readonly cached?: readonly PositionRange[];
  /** Leading rows that a later commit may copy; default 0. */
  readonly commitRows?: number;
  /** What its rows see; default everything. */
  readonly visibility?: Visibility;
}

/** A request with one branch. */
export function windowRequest(want: WindowRequest): ForwardRequest {
  const { canvas, window, predict, sampling, round } = want;
  const branch = {
    start: window.start,
    tokens: canvas.slice(window.start, window.end),
    predict,
  };
  const drawn = sampling.temperature > 0
    ? {
      uniforms: drawUniforms(want.uniforms, predict, {
        round,
        purpose: "token",
      }),
    }
    : {};
  return {
    cache: want.cache ?? [],
    cached: (want.cached ?? []).filter(({ start, end }) => start < end),
    branches: [{ ...branch, ...drawn }],
    commitRows: want.commitRows ?? 0,
    visibility: want.visibility ?? { kind: "full" },
    sampling,
  };
}

/**
 * The predictions of a request's only branch.
 *
 * @throws {DecodeError} If they are not the answer to the request.
 */
export function onlyBranch(
  request: ForwardRequest,
  predictions: Predictions,
): BranchPredictions {
  const wanted = request.branches[0]!.predict;
  const branch = predictions.branches[0];
  const given = branch?.positions ?? [];
  const answers = predictions.branches.length === 1 &&
    given.length === wanted.length &&
    wanted.every((position, i) => position === given[i]);
  if (branch === undefined || !answers) {
    throw new DecodeError(
      `predictions for positions [${given}] in ${predictions.branches.length} branches do not answer the last request, which ` +
        `has one branch and positions [${wanted}]; pass the predictions of that request`,
      { given: [...given], wanted: [...wanted] },
    );
  }
  return branch;
}

/** Turns picks into fills, ascending by position. A drawn mask token writes nothing and is left out. */
export function fillsOf(
  picks: readonly PickedCandidate[],
  branch: BranchPredictions,
  { maskId }: { readonly maskId: number },
): Fill[] {
  return [...picks].sort((a, b) => a.index - b.index)
    .filter(({ index }) => branch.tokens[index] !== maskId)
    .map(({ index, score, kind }) => ({
      position: branch.positions[index]!,
      token: branch.tokens[index]!,
      score,
      probability: branch.probability[index]!,
      kind,
    }));
}

/** What {@linkcode stepRecord} adds to the facts of a request. */
export interface StepFacts extends Partial<DecodeStep> {
  /** 1-based count of the forward. */
  readonly index: number;
  /** Id counted as a mask; `null` for none. */
  readonly maskId: number | null;
  /** Tokens written by the step. */
  readonly fills: readonly Fill[];
}

/** The record of a step with one branch. */
export function stepRecord(
  request: ForwardRequest,
  predictions: Predictions,
  { index, maskId, fills, ...more }: StepFacts,
): DecodeStep {
  const { start, tokens } = request.branches[0]!;
  const masks = tokens.reduce((n, id) => id === maskId ? n + 1 : n, 0);
  return {
    index,
    window: { start, length: tokens.length },
    cached: request.cached.reduce((n, range) => n + range.end - range.start, 0),
    commitRows: request.commitRows,
    positions: predictions.rows,
    branches: [
      { id: 0, anchor: true, score: null, masks, length: tokens.length },
    ],
    winner: 0,
    fills,
    ...more,
  };
}
