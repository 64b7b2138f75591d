/**
 * Decoders as pure state machines. A decoder turns predictions into the next request and a record of what it did; it has no
 * device, no clock and no I/O, so a golden trace, a replay, a fake model and a cluster all drive the same code.
 *
 * @module
 */
import type { ForwardRequest, ModelSpec, Predictions } from "../model/types.ts";

/** How a token came to be written. */
export type FillKind =
  /** Its confidence passed the rule's threshold. */
  | "threshold"
  /** Nothing passed, and the best candidate was written to guarantee progress. */
  | "forced"
  /** Among the step's fixed number of best candidates. */
  | "quota"
  /** Chosen independently at random (Dream's `origin`). */
  | "random"
  /** Written without looking at its confidence (autoregressive; Fast-dLLM Dream: first position of a block). */
  | "free";

/** One token written by a step. */
export interface Fill {
  /** Absolute position in prompt plus generation. */
  readonly position: number;
  /** Id written there. */
  readonly token: number;
  /** What the rule looked at: a probability, a margin, a negative entropy or an entropy, see the decoder. */
  readonly score: number;
  /** Probability of the token. */
  readonly probability: number;
  /** Which part of the rule wrote it. */
  readonly kind: FillKind;
}

/** State of a block after a step. */
export type BlockState = "active" | "to_cache" | "in_cache";

/** One block of a block-wise decoder after a step. Block 0 is the prompt. */
export interface BlockRecord {
  /** First absolute position. */
  readonly start: number;
  /** First absolute position after the block. */
  readonly end: number;
  /** Masks left. */
  readonly masks: number;
  /** `active`: has masks; `to_cache`: complete, to be committed; `in_cache`: committed. */
  readonly state: BlockState;
  /** Whether the block may force a token when none passes. */
  readonly activated: boolean;
}

/** One branch evaluated in a round. */
export interface BranchRecord {
  /** Number in order of spawning; an anchor may share it with a lookahead. */
  readonly id: number;
  /** Whether it is the anchor, i.e. carries no extra token. */
  readonly anchor: boolean;
  /** Branch score; `null` where branches are not scored (single-branch decoders). */
  readonly score: number | null;
  /** Masks in its window when it was evaluated. */
  readonly masks: number;
  /** Length of its window. */
  readonly length: number;
}

/** One branch put forward for the next round. */
export interface SpawnRecord {
  /** The id by which the next step's {@linkcode BranchRecord} names it. */
  readonly id: number;
  /** Whether it carries no lookahead token on top of the winner. */
  readonly anchor: boolean;
  /** The lookahead token on top of the winner; `null` for the anchor. */
  readonly position: number | null;
  /** Id of the lookahead token; `null` for the anchor. */
  readonly token: number | null;
  /** Confidence of that token when it was drawn; 1 for the anchor. */
  readonly confidence: number;
  /** Whether it holds an end-of-sequence token, so that no further block is appended. */
  readonly eosSeen: boolean;
}

/** What one forward pass led to. Fields that a decoder has no use for are absent. */
export interface DecodeStep {
  /** 1-based count of forwards (rounds for LoPA). */
  readonly index: number;
  /** First position and length of the (winning branch's) input. */
  readonly window: { readonly start: number; readonly length: number };
  /** Positions read from the cache. */
  readonly cached: number;
  /** Leading positions of the window that this step commits to the cache. */
  readonly commitRows: number;
  /** Positions computed in this forward, all branches together, shared rows once. */
  readonly positions: number;
  /** Evaluated branches in evaluation order; exactly one for single-branch decoders. */
  readonly branches: readonly BranchRecord[];
  /** Index into `branches`. */
  readonly winner: number;
  /** Tokens written by this step's rule, ascending position within a block, blocks in order. */
  readonly fills: readonly Fill[];
  /** The lookahead token that the winner brought along, accepted by its winning. */
  readonly accepted?: { readonly position: number; readonly token: number };
  /** Index of the current block of a semi-autoregressive decoder. */
  readonly block?: number;
  /** Whether a cached decoder recomputed everything or used its cache. */
  readonly pass?: "refresh" | "cached";
  /** Tokens to unmask by schedule. */
  readonly quota?: number;
  /** Masks before the step. */
  readonly masked?: number;
  /** Top positions looked at (Fast-dLLM Dream without cache). */
  readonly considered?: number;
  /** Probability of unmasking each mask (Dream's `origin`). */
  readonly transferProbability?: number;
  /** Uniforms drawn against it, one per mask in order of position. */
  readonly uniforms?: readonly number[];
  /** End of the prefix shared by all branches. */
  readonly prefixEnd?: number;
  /** Blocks in which nothing passed and one token was forced. */
  readonly fallbacks?: number;
  /** Whether an end-of-sequence token has been written so far. */
  readonly eosSeen?: boolean;
  /** Blocks after the step (of the anchor, or of the first branch put forward). */
  readonly blocks?: readonly BlockRecord[];
  /** Branches for the next round. */
  readonly spawned?: readonly SpawnRecord[];
  /** Ids of branches already complete. */
  readonly finished?: readonly number[];
  /** How many branches shared the best score, if more than one. */
  readonly tied?: number;
  /** Identical branches beyond the first that ran, if any. */
  readonly duplicates?: number;
}

/** How a decode ended. */
export interface DecodeResult {
  /** Generated ids after the prompt, every position of the canvas. */
  readonly ids: Int32Array;
  /** Forward passes (rounds: a LoPA round is one). */
  readonly forwards: number;
  /** Branches evaluated, summed over rounds: the network calls of an implementation that runs branches one by one. */
  readonly branchForwards: number;
  /** Steps as the reference counts them (LoPA and D2F on Dream: rounds + 1, the closing check; spec T5). */
  readonly referenceSteps: number;
}

/** What a state machine gives for one move: exactly one of `request` and `result` is present. */
export interface Transition<S> {
  /** What {@linkcode Decoder.next} is to be given with the answer. */
  readonly state: S;
  /** What the forward just answered led to; absent at the start. */
  readonly step?: DecodeStep;
  /** The next forward. */
  readonly request?: ForwardRequest;
  /** The end of the decode. */
  readonly result?: DecodeResult;
}

/** What a uniform is drawn for. */
export interface UniformKey {
  /** 1-based forward. */
  readonly round: number;
  /** Index of the branch in the request. */
  readonly branch: number;
  /** Absolute position that the number decides about. */
  readonly position: number;
  /** E.g. "token", "transfer", "confidence", "candidate". */
  readonly purpose: string;
}

/** Source of random numbers in [0, 1), counter-based or recorded: a pure function of the key. */
export type UniformSource = (key: UniformKey) => number;

/** A decoding algorithm with its options fixed: a pure state machine. */
export interface Decoder<S = unknown> {
  /** Name in traces and tables, e.g. `lopa`. */
  readonly name: string;
  /** The options, complete with defaults, as they go into traces and cache keys: JSON values only. */
  readonly options: Readonly<Record<string, unknown>>;
  /** Validates the prompt and gives the first request. */
  start(prompt: Int32Array, spec: ModelSpec): Transition<S>;
  /** Consumes the predictions of the last request. */
  next(state: S, predictions: Predictions): Transition<S>;
}
