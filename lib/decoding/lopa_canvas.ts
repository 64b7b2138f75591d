/**
 * LoPA on a model that was not trained for D2F (the papers' "Dream / LoPA" row): no cache and no block table, every forward is
 * the whole canvas under full attention. Nothing is published about that row beyond its name, so this follows the paper in
 * spirit: the anchor fills by Eq. 1 within a window (every masked position more probable than the threshold, or the best one),
 * lookaheads are spawned on the window's remaining masks, and branches are scored by Eq. 2 over the same masks. Agreement with
 * the published numbers is calibration, not verification (spec section 8).
 *
 * With no lookaheads it is threshold decoding without cache. It serves shifted and unshifted models alike.
 *
 * @module
 */
import type {
  ForwardRequest,
  ModelSpec,
  PositionRange,
  Predictions,
  SamplingOptions,
} from "../model/types.ts";
import { roundThreshold } from "./bf16.ts";
import { writeAt } from "./blocks_sequence.ts";
import { maskedPositions, startCanvas } from "./canvas.ts";
import { diffusionSpec } from "./model_kind.ts";
import { candidateRows, chooseFills, remainingRows } from "./d2f_fill.ts";
import { thresholdFields, type ThresholdOptions } from "./d2f_options.ts";
import { branchWindow, checkStepCap, masksFrom } from "./d2f_rules.ts";
import { BRANCH_FIELDS, type BranchOptions } from "./lopa_options.ts";
import { pickWinner, scoreBranches } from "./lopa_score.ts";
import {
  type BranchIdentity,
  evaluationOrder,
  planBranches,
  spawnRecord,
} from "./lopa_spawn.ts";
import { integer, nullable, resolveOptions } from "./options.ts";
import { dreamSampling, type SamplerInputs, uniformsOf } from "./sampling.ts";
import type { Decoder, DecodeStep, Transition } from "./types.ts";

/** Options of {@linkcode lopaCanvas}. */
export interface LopaCanvasOptions extends ThresholdOptions, BranchOptions {
  /** Positions per window, filled from left to right; default `null` for one window over the whole canvas. */
  readonly blockSize?: number | null;
}

/** A branch: its identity and its own canvas. */
interface CanvasBranch extends BranchIdentity {
  /** Prompt and generation. */
  readonly canvas: Int32Array;
}

/** State between two forwards. */
interface LopaCanvasState {
  /** Where generation begins. */
  readonly promptLength: number;
  /** The mask id in use. */
  readonly maskId: number;
  /** As requests carry it. */
  readonly sampling: SamplingOptions;
  /** Branches of the pending forward in evaluation order. */
  readonly branches: readonly CanvasBranch[];
  /** Window that they fill. */
  readonly window: PositionRange;
  /** Masked positions that each predicts in it. */
  readonly predict: readonly Int32Array[];
  /** Forwards answered. */
  readonly round: number;
  /** Branches evaluated in them. */
  readonly branchForwards: number;
}

const NAME = "lopa-canvas";

/**
 * The LoPA decoder on a canvas: every round computes the whole canvas of every branch.
 *
 * @throws {TypeError} for unknown or mistyped options.
 * @throws {RangeError} for options out of range.
 */
export function lopaCanvas(
  options: LopaCanvasOptions = {},
  inputs: SamplerInputs = {},
): Decoder {
  const resolved = resolveOptions<LopaCanvasOptions>(options, {
    ...thresholdFields(options),
    ...BRANCH_FIELDS,
    blockSize: nullable(integer({ min: 1 })),
  }, { owner: NAME });
  const { strategy, temperature, stepCap } = resolved;
  const uniforms = uniformsOf(resolved, inputs);
  const threshold = roundThreshold(
    resolved.confidenceThreshold,
    resolved.confidenceDtype,
  );

  /** Index of the block that holds a generated position. */
  function blockOf(position: number, promptLength: number): number {
    return resolved.blockSize === null
      ? 0
      : Math.floor((position - promptLength) / resolved.blockSize);
  }

  /** Asks for the next forward over the first window in which the anchor has masks, or ends. */
  function advance(
    state: LopaCanvasState,
    cache: ForwardRequest["cache"],
  ): Transition<LopaCanvasState> {
    const { promptLength, maskId, round, branchForwards, sampling } = state;
    const anchor = state.branches.at(-1)!.canvas;
    const first = anchor.indexOf(maskId);
    if (first < 0) {
      return {
        state,
        result: {
          ids: anchor.slice(promptLength),
          forwards: round,
          branchForwards,
          referenceSteps: round,
        },
      };
    }
    const window = windowAt(blockOf(first, promptLength), {
      promptLength,
      length: anchor.length,
    });
    const branches = evaluationOrder(state.branches, {
      branchCompetition: true,
    });
    const windows = branches.map(({ canvas: tokens }, branch) => {
      const predict = maskedPositions(tokens, maskId, window);
      return branchWindow({
        tokens,
        start: 0,
        predict,
        round: round + 1,
        branch,
        temperature,
        uniforms,
      });
    });
    checkStepCap(round, {
      stepCap,
      masks: masksFrom(first, { tokens: anchor, maskId }).length,
    });
    return {
      state: {
        ...state,
        branches,
        window,
        predict: windows.map(({ predict }) => predict),
      },
      request: {
        cache,
        cached: [],
        branches: windows,
        commitRows: 0,
        visibility: { kind: "full" },
        sampling,
      },
    };
  }

  function windowAt(
    block: number,
    { promptLength, length }: { promptLength: number; length: number },
  ): PositionRange {
    const size = resolved.blockSize ?? length - promptLength;
    const start = promptLength + block * size;
    return { start, end: Math.min(start + size, length) };
  }

  return {
    name: NAME,
    options: { ...resolved },
    start(prompt: Int32Array, spec: ModelSpec): Transition<LopaCanvasState> {
      const known = diffusionSpec(spec);
      const model = { ...known, maskId: resolved.maskId ?? known.maskId };
      const canvas = startCanvas(prompt, model, resolved);
      return advance({
        promptLength: prompt.length,
        maskId: model.maskId,
        sampling: dreamSampling(model, resolved),
        branches: [{
          id: 0,
          anchor: true,
          creation: 1,
          lookahead: null,
          canvas,
        }],
        window: { start: 0, end: 0 },
        predict: [],
        round: 0,
        branchForwards: 0,
      }, [{ kind: "reset" }]);
    },
    next(
      state: LopaCanvasState,
      predictions: Predictions,
    ): Transition<LopaCanvasState> {
      const { branches, window, promptLength } = state;
      const rows = branches.map((_, i) =>
        candidateRows(predictions.branches[i], {
          strategy,
          positions: state.predict[i]!,
        })
      );
      const evaluated = scoreBranches(branches, rows, {
        ...resolved,
        lengths: branches.map(({ canvas }) => canvas.length),
      });
      const { winner, tied } = pickWinner(evaluated, { forceAnchor: false });
      const best = branches[winner]!;
      const block = {
        ...window,
        masks: rows[winner]!.length,
        state: "active",
        activated: true,
      } as const;
      const { fills, forced } = chooseFills(rows[winner]!, [block], {
        threshold,
        force: true,
      });
      const canvas = writeAt(best.canvas, fills);
      const plan = planBranches(remainingRows(rows[winner]!, fills), {
        ...resolved,
        branchVerification: true,
        branchCompetition: true,
        duplicateAnchor: false,
        winnerId: best.id,
        branchCount: branches.length,
      });
      const spawned = plan.branches.map((identity) => ({
        ...identity,
        canvas: identity.lookahead === null
          ? canvas
          : writeAt(canvas, [identity.lookahead]),
      }));
      const after = {
        ...state,
        branches: spawned,
        round: state.round + 1,
        branchForwards: state.branchForwards + branches.length,
      };
      const step: DecodeStep = {
        index: after.round,
        window: { start: 0, length: canvas.length },
        cached: 0,
        commitRows: 0,
        positions: predictions.rows,
        branches: evaluated,
        winner,
        fills,
        ...(best.lookahead === null ? {} : { accepted: best.lookahead }),
        block: blockOf(window.start, promptLength),
        fallbacks: forced,
        spawned: spawned.map((branch) =>
          spawnRecord(branch, { eosSeen: false })
        ),
        ...(tied > 1 ? { tied } : {}),
      };
      return { ...advance(after, []), step };
    },
  };
}
