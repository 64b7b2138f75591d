/**
 * What the options of a block-wise decoder become once prompt and model are known, and the requests made from it.
 *
 * @module
 */
import type {
  BranchWindow,
  CacheOperation,
  ForwardRequest,
  ModelSpec,
  SamplingOptions,
  Visibility,
} from "../model/types.ts";
import { roundThreshold } from "./bf16.ts";
import type { GrowthRules } from "./blocks_sequence.ts";
import type { BlockTableOptions } from "./d2f_options.ts";
import { dreamSampling } from "./sampling.ts";
import { checkPrompt, maskedPositions } from "./canvas.ts";
import { DecodeError } from "./errors.ts";
import { diffusionSpec } from "./model_kind.ts";
import type { UniformSource } from "./types.ts";

/** Block options, resolved for one prompt and one model. */
export interface BlockRules extends GrowthRules {
  /** Where generation begins. */
  readonly promptLength: number;
  /** The token that ends growth. */
  readonly stopId: number;
  /** tau_conf in the confidence dtype. */
  readonly fillThreshold: number;
  /** As requests carry it. */
  readonly visibility: Visibility;
  /** As requests carry it. */
  readonly sampling: SamplingOptions;
  /** Whether commits keep a boundary row, i.e. whether the model shifts its logits. */
  readonly boundary: boolean;
  /** Most forwards, or `null`. */
  readonly stepCap: number | null;
}

/** What {@linkcode blockRules} resolves against. */
export interface RuleContext {
  /** The model. */
  readonly spec: ModelSpec;
  /** The prompt, `[P]`. */
  readonly prompt: Int32Array;
  /** What rows see. */
  readonly visibility: "full" | "block-causal";
  /** Stop token where the options name none. */
  readonly stopId: number;
}

/**
 * Resolves options against prompt and model.
 *
 * @throws {DecodeError} for an empty prompt, one that holds MASK or an id outside the vocabulary, or one that leaves no room
 * for the answer in the model's context; for a causal language model.
 */
export function blockRules(
  options: Required<BlockTableOptions>,
  { spec, prompt, visibility, stopId }: RuleContext,
): BlockRules {
  const { blockSize, addThreshold, activateThreshold } = options;
  const maxBlocks = Math.floor(options.maxNewTokens / blockSize);
  const known = diffusionSpec(spec);
  const maskId = options.maskId ?? known.maskId;
  const model = { ...known, maskId };
  checkPrompt(prompt, model, {
    maxNewTokens: maxBlocks * blockSize,
  });
  const promptLength = prompt.length;
  return {
    blockSize,
    maxBlocks,
    addThreshold,
    activateThreshold,
    maskId,
    promptLength,
    stopId: options.stopId ?? stopId,
    fillThreshold: roundThreshold(
      options.confidenceThreshold,
      options.confidenceDtype,
    ),
    visibility: visibility === "full"
      ? { kind: "full" }
      : { kind: "block-causal", promptLength, blockSize },
    sampling: dreamSampling(model, options),
    boundary: spec.shift,
    stepCap: options.stepCap,
  };
}

/**
 * The prompt's end, as the reference's harnesses feed it: at most `maxLength - maxNewTokens` tokens. Decoders never shorten a
 * prompt themselves, so positions in traces are positions of the prompt that was given.
 *
 * @throws {RangeError} when nothing would be left.
 */
export function truncatePrompt(
  prompt: Int32Array,
  { maxLength, maxNewTokens }: {
    readonly maxLength: number;
    readonly maxNewTokens: number;
  },
): Int32Array {
  const room = maxLength - maxNewTokens;
  if (!(room >= 1)) {
    throw new RangeError(
      `maxLength is ${maxLength} and maxNewTokens ${maxNewTokens}; give a maxLength above maxNewTokens`,
    );
  }
  return prompt.length > room
    ? prompt.slice(prompt.length - room)
    : prompt.slice();
}

/** Ends a decode that has run as many forwards as allowed, with a DecodeError. */
export function checkStepCap(
  forwards: number,
  { stepCap, masks }: {
    readonly stepCap: number | null;
    readonly masks: number;
  },
): void {
  if (stepCap === null || forwards < stepCap) return;
  throw new DecodeError(
    `not complete after ${forwards} forwards, ${masks} masks are left; raise stepCap, set barMask so that MASK cannot be ` +
      "written, or let blocks force tokens",
    { stepCap, forwards, masks },
  );
}

/** What one branch brings to a forward. */
export interface BranchInput {
  /** The whole sequence, cached positions included. */
  readonly tokens: Int32Array;
  /** First position that is not cached. */
  readonly start: number;
  /** Positions to predict, ascending. */
  readonly predict: Int32Array;
  /** 1-based count of the forward, a key of its uniforms. */
  readonly round: number;
  /** Index of the branch in the forward, another key. */
  readonly branch: number;
  /** Uniforms are drawn above 0. */
  readonly temperature: number;
  /** Where they come from. */
  readonly uniforms: UniformSource;
}

/** A branch's tokens from `start` on, with one uniform per prediction where tokens are drawn. */
export function branchWindow(input: BranchInput): BranchWindow {
  const { start, predict, round, branch, uniforms } = input;
  const tokens = input.tokens.subarray(start);
  if (input.temperature === 0) return { start, tokens, predict };
  const draw = (position: number) =>
    uniforms({ round, branch, position, purpose: "token" });
  return {
    start,
    tokens,
    predict,
    uniforms: Float64Array.from(predict, draw),
  };
}

/** Masked positions of a sequence from `start` on, ascending. */
export function masksFrom(
  start: number,
  { tokens, maskId }: { readonly tokens: Int32Array; readonly maskId: number },
): Int32Array {
  return maskedPositions(tokens, maskId, { start, end: tokens.length });
}

/** The parts of a block-wise forward that change from round to round. */
export interface RoundInput {
  /** The first request of a sequence clears the cache; later ones commit what the last forward staged, if anything. */
  readonly cache: readonly CacheOperation[];
  /** Positions in the cache once `cache` has been applied. */
  readonly cached: number;
  /** Leading rows that a later commit may copy. */
  readonly commitRows: number;
  /** The windows. */
  readonly branches: readonly BranchWindow[];
}

/** One forward of all branches over the cached prefix. */
export function blockRequest(
  rules: BlockRules,
  input: RoundInput,
): ForwardRequest {
  const { cache, cached, commitRows, branches } = input;
  return {
    cache,
    cached: cached > 0 ? [{ start: 0, end: cached }] : [],
    branches,
    commitRows,
    visibility: rules.visibility,
    sampling: rules.sampling,
  };
}
