/**
 * Left to right, one token per forward: how causal language models are decoded, and the baseline of every speed claim.
 *
 * @module
 */
import type {
  CacheOperation,
  ForwardRequest,
  ModelSpec,
  Predictions,
  SamplingOptions,
} from "../model/types.ts";
import { checkPrompt } from "./canvas.ts";
import { causalSpec } from "./model_kind.ts";
import {
  type Fields,
  integer,
  nullable,
  numeric,
  resolveOptions,
} from "./options.ts";
import {
  COMMON_FIELDS,
  type CommonDecoderOptions,
  DREAM_ENTROPY_EPSILON,
  type SamplerInputs,
  uniformsOf,
} from "./sampling.ts";
import { onlyBranch, stepRecord, windowRequest } from "./single_branch.ts";
import type { Decoder, Fill, Transition } from "./types.ts";

/** Options of {@linkcode autoregressive}. */
export interface AutoregressiveOptions
  extends Omit<CommonDecoderOptions, "barMask"> {
  /** Nucleus mass in (0, 1]; default `null` for no filter. */
  readonly topP?: number | null;
  /** Number of largest logits kept; default `null` for no filter. */
  readonly topK?: number | null;
  /** The token that ends the answer; default `null` for the model's end-of-sequence token. */
  readonly stopId?: number | null;
}

const NAME = "autoregressive";

const { maxNewTokens, temperature, seed } = COMMON_FIELDS;

const FIELDS: Fields<AutoregressiveOptions> = {
  maxNewTokens,
  temperature,
  seed,
  topP: nullable(numeric({ above: 0, max: 1 })),
  topK: nullable(integer({ min: 1 })),
  stopId: nullable(integer({ min: 0 })),
};

/** State between two forwards. */
interface CausalState {
  /** Where generation begins. */
  readonly promptLength: number;
  /** The token that ends the answer. */
  readonly stopId: number;
  /** Prompt and answer so far. */
  readonly tokens: Int32Array;
  /** Forwards answered. */
  readonly forwards: number;
  /** The request to be answered next. */
  readonly request: ForwardRequest;
}

/**
 * The autoregressive decoder: the prompt's pass predicts the first token, each later pass computes one position over an exact
 * cache and predicts the next, until the end-of-sequence token (which is part of the answer) or `maxNewTokens`. A fill's score
 * is the probability of its token after temperature and filters.
 *
 * Its `start` refuses diffusion models with a {@linkcode DecodeError}: it is for causal language models.
 *
 * @throws {TypeError} For an unknown option or one of a wrong type.
 * @throws {RangeError} For a value out of range.
 *
 * @example Sampling from a causal model with random weights
 * ```ts
 * import { autoregressive, randomSource, ReferenceModel, runDecode, SHAPES } from "dllm-lab";
 *
 * const model = new ReferenceModel(randomSource({ ...SHAPES.tiny, family: "qwen2" }));
 * const decoder = autoregressive({ maxNewTokens: 4, temperature: 0.8, topP: 0.95, seed: 1 });
 * const { result } = await runDecode(model, decoder, Int32Array.of(1, 2, 3));
 * if (result.forwards !== result.ids.length) throw new Error("one token per forward is wanted");
 * ```
 */
export function autoregressive(
  given: AutoregressiveOptions = {},
  inputs: SamplerInputs = {},
): Decoder {
  const options = resolveOptions(given, FIELDS, { owner: NAME });
  const uniforms = uniformsOf(options, inputs);
  const sampling: SamplingOptions = {
    temperature: options.temperature,
    topP: options.topP,
    topK: options.topK,
    confidenceFrom: "filtered",
    confidenceDtype: "f32",
    entropyEpsilon: DREAM_ENTROPY_EPSILON,
    barred: [],
  };

  /** Asks for the token after the last one; `start`: the first position that is not cached. */
  function ask(
    state: Omit<CausalState, "request">,
    { start, cache }: {
      readonly start: number;
      readonly cache: readonly CacheOperation[];
    },
  ): Transition<CausalState> {
    const { tokens, forwards } = state;
    const request = windowRequest({
      canvas: tokens,
      window: { start, end: tokens.length },
      predict: Int32Array.of(tokens.length),
      sampling,
      uniforms,
      round: forwards + 1,
      cache,
      cached: [{ start: 0, end: start }],
      commitRows: tokens.length - start,
      visibility: { kind: "causal" },
    });
    return { state: { ...state, request }, request };
  }

  return {
    name: NAME,
    options: { ...options },
    start(prompt: Int32Array, model: ModelSpec): Transition<CausalState> {
      const spec = causalSpec(model);
      checkPrompt(prompt, spec, options);
      const state = {
        promptLength: prompt.length,
        stopId: options.stopId ?? spec.eosId,
        tokens: prompt.slice(),
        forwards: 0,
      };
      return ask(state, { start: 0, cache: [{ kind: "reset" }] });
    },
    next(state: CausalState, predictions: Predictions) {
      const { request, promptLength, stopId } = state;
      const fill = nextToken(request, predictions);
      const forwards = state.forwards + 1;
      const step = stepRecord(request, predictions, {
        index: forwards,
        maskId: null,
        fills: [fill],
      });
      const tokens = Int32Array.of(...state.tokens, fill.token);
      const after = { ...state, tokens, forwards };
      const length = tokens.length - promptLength;
      if (fill.token !== stopId && length < options.maxNewTokens) {
        const rows = request.commitRows;
        const next = ask(after, {
          start: state.tokens.length,
          cache: [{ kind: "commit", branch: 0, rows, boundary: false }],
        });
        return { ...next, step };
      }
      const result = {
        ids: tokens.slice(promptLength),
        forwards,
        branchForwards: forwards,
        referenceSteps: forwards,
      };
      return { state: after, step, result };
    },
  };
}

/** The one token predicted. */
function nextToken(request: ForwardRequest, predictions: Predictions): Fill {
  const { positions, tokens, probability } = onlyBranch(request, predictions);
  return {
    position: positions[0]!,
    token: tokens[0]!,
    score: probability[0]!,
    probability: probability[0]!,
    kind: "free",
  };
}
