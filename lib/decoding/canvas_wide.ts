/**
 * The state machine of decoders that compute the whole canvas in every step and may write anywhere in it.
 *
 * @module
 */
import type {
  BranchPredictions,
  DiffusionSpec,
  ForwardRequest,
  SamplingOptions,
} from "../model/types.ts";
import { maskedPositions, startCanvas, writeFills } from "./canvas.ts";
import { diffusionSpec } from "./model_kind.ts";
import type { PickedCandidate } from "./selection.ts";
import {
  fillsOf,
  onlyBranch,
  stepRecord,
  windowRequest,
} from "./single_branch.ts";
import type {
  Decoder,
  DecodeStep,
  Transition,
  UniformSource,
} from "./types.ts";

/** What a step of a {@linkcode CanvasPlan} decides. */
export interface CanvasChoice<M> {
  /** Candidates to write, by index into the step's masks in order of position. */
  readonly picks: readonly PickedCandidate[];
  /** What else the step's record says. */
  readonly facts: Partial<DecodeStep>;
  /** The plan's memory after the step. */
  readonly memory: M;
  /** Whether the decode ends here. */
  readonly done: boolean;
}

/** What a {@linkcode CanvasPlan} may look at beside the predictions. */
export interface StepContext<M> {
  /** 1-based count of forwards. */
  readonly round: number;
  /** Masks before the step. */
  readonly masked: number;
  /** The plan's memory before the step. */
  readonly memory: M;
}

/** A canvas-wide decoder with a memory `M` of its own. */
export interface CanvasPlan<M> {
  /** Name of the decoder in traces and tables. */
  readonly name: string;
  /** Options complete with defaults, JSON values only. */
  readonly options: Readonly<Record<string, unknown>>;
  /** Positions to generate. */
  readonly maxNewTokens: number;
  /** Source of the uniforms with which tokens are drawn above temperature 0. */
  readonly uniforms: UniformSource;
  /** Memory before the first step. */
  readonly memory: M;
  /** How the model draws the candidates' tokens and reads their confidence. */
  sampling(spec: DiffusionSpec): SamplingOptions;
  /** Which of the candidates are written. Pure; `candidates` has one entry per mask, in order of position. */
  choose(
    candidates: BranchPredictions,
    context: StepContext<M>,
  ): CanvasChoice<M>;
}

/** State of a canvas-wide decode. */
interface CanvasState<M> {
  /** Facts of the model. */
  readonly spec: DiffusionSpec;
  /** As every request carries it. */
  readonly sampling: SamplingOptions;
  /** Position at which the generation begins. */
  readonly promptLength: number;
  /** Prompt and generation, `[L]`. */
  readonly canvas: Int32Array;
  /** Forwards answered. */
  readonly forwards: number;
  /** The plan's memory. */
  readonly memory: M;
  /** The request to be answered next. */
  readonly request: ForwardRequest;
}

/**
 * Makes a decoder of a plan: the whole canvas goes through the model in every step, without a cache, under full attention.
 *
 * @example A decoder of one's own: two tokens per step, leftmost first
 * ```ts
 * import { canvasDecoder, counterUniforms, runDecode, toyModel, toyPrompt } from "dllm-lab";
 *
 * const maxNewTokens = 8;
 * const decoder = canvasDecoder({
 *   name: "two-by-two",
 *   options: { maxNewTokens },
 *   maxNewTokens,
 *   uniforms: counterUniforms(0),
 *   memory: null,
 *   sampling: ({ maskId }) => ({
 *     temperature: 0,
 *     topP: null,
 *     topK: null,
 *     confidenceFrom: "raw",
 *     confidenceDtype: "f32",
 *     entropyEpsilon: 1e-10,
 *     barred: [maskId],
 *   }),
 *   choose: ({ probability }, { masked }) => ({
 *     picks: [0, 1].map((index) => ({ index, score: probability[index]!, kind: "quota" })),
 *     facts: { quota: 2 },
 *     memory: null,
 *     done: masked <= 2,
 *   }),
 * });
 * const toy = { seed: 1, promptLength: 5 };
 * const { result } = await runDecode(toyModel(toy), decoder, toyPrompt(toy));
 * if (result.forwards !== 4) throw new Error("four steps of two tokens are wanted");
 * ```
 */
export function canvasDecoder<M>(plan: CanvasPlan<M>): Decoder {
  return {
    name: plan.name,
    options: plan.options,
    start(prompt, model) {
      const spec = diffusionSpec(model);
      const canvas = startCanvas(prompt, spec, plan);
      const { memory } = plan;
      const sampling = plan.sampling(spec);
      const promptLength = prompt.length;
      const first = {
        spec,
        sampling,
        promptLength,
        canvas,
        forwards: 0,
        memory,
      };
      return ask(plan, first);
    },
    next(state: CanvasState<M>, predictions) {
      const { spec, request, promptLength } = state;
      const round = state.forwards + 1;
      const candidates = onlyBranch(request, predictions);
      const masked = candidates.positions.length;
      const choice = plan.choose(candidates, {
        round,
        masked,
        memory: state.memory,
      });
      const fills = fillsOf(choice.picks, candidates, spec);
      const canvas = writeFills(state.canvas, fills);
      const { maskId } = spec;
      const step = stepRecord(request, predictions, {
        index: round,
        maskId,
        fills,
        masked,
        ...choice.facts,
      });
      const { memory } = choice;
      const after = { ...state, canvas, forwards: round, memory };
      if (!choice.done) return { ...ask(plan, after), step };
      const result = {
        ids: canvas.slice(promptLength),
        forwards: round,
        branchForwards: round,
        referenceSteps: round,
      };
      return { state: after, step, result };
    },
  };
}

/** Adds the next request, for all masks, to a state. */
function ask<M>(
  plan: CanvasPlan<M>,
  state: Omit<CanvasState<M>, "request">,
): Transition<CanvasState<M>> {
  const { canvas, spec, sampling, forwards } = state;
  const window = { start: 0, end: canvas.length };
  const request = windowRequest({
    canvas,
    window,
    predict: maskedPositions(canvas, spec.maskId, window),
    sampling,
    uniforms: plan.uniforms,
    round: forwards + 1,
  });
  return { state: { ...state, request }, request };
}
