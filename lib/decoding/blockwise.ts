/**
 * The state machine of semi-autoregressive decoders under full attention: blocks are filled from left to right, with every later
 * block visible as masks. A plan says how often a block is computed, from which cache, and which candidates a pass writes.
 *
 * @module
 */
import type {
  BranchPredictions,
  DiffusionSpec,
  ForwardRequest,
  Predictions,
  SamplingOptions,
} from "../model/types.ts";
import { blockRequest, type CachePolicy } from "./blockwise_request.ts";
import { maskedPositions, startCanvas, writeFills } from "./canvas.ts";
import { DecodeError } from "./errors.ts";
import { diffusionSpec } from "./model_kind.ts";
import type { PickedCandidate } from "./selection.ts";
import { fillsOf, onlyBranch, stepRecord } from "./single_branch.ts";
import type {
  Decoder,
  DecodeResult,
  Transition,
  UniformSource,
} from "./types.ts";

/** What a rule may look at beside the predictions. */
export interface PassContext {
  /** Facts of the model. */
  readonly spec: DiffusionSpec;
  /** 1-based count of forwards. */
  readonly round: number;
  /** 0-based pass over the current block. */
  readonly pass: number;
  /** Masks in the current block before the pass. */
  readonly blockMasks: number;
}

/** Candidates that a pass writes, and the quota it had, if any. */
export interface PassChoice {
  /** By index into the pass's candidates. */
  readonly picks: readonly PickedCandidate[];
  /** Tokens that the schedule wanted. */
  readonly quota?: number;
}

/** A semi-autoregressive decoder. */
export interface BlockPlan {
  /** Name of the decoder in traces and tables. */
  readonly name: string;
  /** Options complete with defaults, JSON values only. */
  readonly options: Readonly<Record<string, unknown>>;
  /** Positions to generate, a multiple of `blockSize`. */
  readonly maxNewTokens: number;
  /** Positions per block. */
  readonly blockSize: number;
  /** What a block's later passes reuse. */
  readonly cache: CachePolicy;
  /** Whether the first pass over a block predicts and writes its first position only. */
  readonly freeFirst: boolean;
  /** Fewest passes over a block; further ones follow while it has masks, up to `maxPasses`. */
  readonly minPasses: number;
  /** Most passes over a block; `null`: until it is full. */
  readonly maxPasses: number | null;
  /** Forwards after which a decode is given up; `null`: never. */
  readonly stepCap: number | null;
  /** Source of the uniforms with which tokens are drawn above temperature 0. */
  readonly uniforms: UniformSource;
  /** How the model draws the candidates' tokens and reads their confidence. */
  sampling(spec: DiffusionSpec): SamplingOptions;
  /** Which candidates a pass writes. Pure; `candidates` are the block's masks in order of position. */
  choose(candidates: BranchPredictions, context: PassContext): PassChoice;
}

/** State of a blockwise decode. */
export interface BlockwiseState {
  /** Facts of the model. */
  readonly spec: DiffusionSpec;
  /** As every request carries it. */
  readonly sampling: SamplingOptions;
  /** Position at which the generation begins. */
  readonly promptLength: number;
  /** Prompt and generation, `[L]`. */
  readonly canvas: Int32Array;
  /** Current block, from 0. */
  readonly block: number;
  /** Passes made over it. */
  readonly pass: number;
  /** Forwards answered. */
  readonly forwards: number;
  /** The request to be answered next. */
  readonly request: ForwardRequest;
}

/** Makes a decoder of a plan. */
export function blockwiseDecoder(plan: BlockPlan): Decoder<BlockwiseState> {
  return {
    name: plan.name,
    options: plan.options,
    start(prompt, model) {
      const spec = diffusionSpec(model);
      const canvas = startCanvas(prompt, spec, plan);
      const first = {
        spec,
        sampling: plan.sampling(spec),
        promptLength: prompt.length,
        canvas,
        block: 0,
        pass: 0,
        forwards: 0,
      };
      return ask(plan, first);
    },
    next: (state, predictions) => advance(plan, state, { predictions }),
  };
}

function advance(
  plan: BlockPlan,
  state: BlockwiseState,
  { predictions }: { readonly predictions: Predictions },
): Transition<BlockwiseState> {
  const { spec, block, pass, request } = state;
  const round = state.forwards + 1;
  const span = blockSpan(plan, state);
  const branch = onlyBranch(request, predictions);
  const blockMasks = maskedPositions(state.canvas, spec.maskId, span).length;
  const choice = plan.freeFirst && pass === 0
    ? freeChoice(branch)
    : plan.choose(branch, { spec, round, pass, blockMasks });
  const fills = fillsOf(choice.picks, branch, spec);
  const canvas = writeFills(state.canvas, fills);
  const step = stepRecord(request, predictions, {
    index: round,
    maskId: spec.maskId,
    fills,
    block,
    ...(plan.cache === "none"
      ? {}
      : { pass: pass === 0 ? "refresh" : "cached" }),
    ...(choice.quota === undefined
      ? {}
      : { quota: choice.quota, masked: blockMasks }),
  });
  const left = maskedPositions(canvas, spec.maskId, span).length;
  const again = pass + 1 < plan.minPasses ||
    (left > 0 && pass + 1 < (plan.maxPasses ?? Infinity));
  const position = again
    ? { block, pass: pass + 1 }
    : { block: block + 1, pass: 0 };
  const after = { ...state, ...position, canvas, forwards: round };
  if (after.block * plan.blockSize === plan.maxNewTokens) {
    return { state: after, step, result: resultOf(after) };
  }
  return { ...ask(plan, after), step };
}

/** Adds the next request to a state. */
function ask(
  plan: BlockPlan,
  state: Omit<BlockwiseState, "request">,
): Transition<BlockwiseState> {
  if (plan.stepCap !== null && state.forwards >= plan.stepCap) {
    const whole = { start: 0, end: state.canvas.length };
    const masks =
      maskedPositions(state.canvas, state.spec.maskId, whole).length;
    throw new DecodeError(
      `${state.forwards} forwards were made and ${masks} masks are left; raise the option stepCap (${plan.stepCap}), or set ` +
        "barMask to true if the model keeps predicting the mask token",
      { forwards: state.forwards, masks, stepCap: plan.stepCap },
    );
  }
  const request = blockRequest(plan, state, { block: blockSpan(plan, state) });
  return { state: { ...state, request }, request };
}

function blockSpan(
  { blockSize }: BlockPlan,
  { promptLength, block }: Omit<BlockwiseState, "request">,
): { readonly start: number; readonly end: number } {
  const start = promptLength + block * blockSize;
  return { start, end: start + blockSize };
}

function freeChoice({ probability }: BranchPredictions): PassChoice {
  return { picks: [{ index: 0, score: probability[0]!, kind: "free" }] };
}

function resultOf(
  { canvas, promptLength, forwards }: BlockwiseState,
): DecodeResult {
  return {
    ids: canvas.slice(promptLength),
    forwards,
    branchForwards: forwards,
    referenceSteps: forwards,
  };
}
