/**
 * What happens before the forward of a LoPA round: every branch grows, complete ones retire, the shared prefix and the commit
 * set are found, and all branches go into one request (spec section 3.2, steps 1 to 7).
 *
 * @module
 */
import type { CacheOperation, ForwardRequest } from "../model/types.ts";
import { commitRange, sharedPrefixEnd } from "./blocks.ts";
import {
  type BlockSequence,
  growSequence,
  isFinished,
} from "./blocks_sequence.ts";
import {
  blockRequest,
  type BlockRules,
  branchWindow,
  checkStepCap,
  masksFrom,
} from "./d2f_rules.ts";
import { type BranchIdentity, evaluationOrder } from "./lopa_spawn.ts";
import type { DecodeResult, UniformSource } from "./types.ts";

/** A branch: its identity and its own sequence. */
export interface LopaBranch extends BranchIdentity {
  /** Tokens and blocks. */
  readonly sequence: BlockSequence;
}

/** A branch that passed the stop test. */
export interface FinishedBranch extends LopaBranch {
  /** The round that found it complete, in which it was not evaluated any more. */
  readonly completedIn: number;
}

/** State between two forwards. */
export interface LopaState {
  /** Options resolved for the prompt. */
  readonly rules: BlockRules;
  /** Branches of the pending forward in evaluation order. */
  readonly branches: readonly LopaBranch[];
  /** Branches that are complete. */
  readonly finished: readonly FinishedBranch[];
  /** Forwards answered. */
  readonly round: number;
  /** Branches evaluated in them. */
  readonly branchForwards: number;
  /** Positions cached before the pending forward. */
  readonly cached: number;
  /** End of the prefix that all branches share. */
  readonly prefixEnd: number;
  /** First position of the pending forward. */
  readonly start: number;
  /** Leading positions that it commits. */
  readonly commitRows: number;
  /** Masked positions that each branch predicts. */
  readonly predict: readonly Int32Array[];
}

/** What {@linkcode prepareRound} needs beside the state. */
export interface RoundOptions {
  /** Whether lookaheads are evaluated before anchors. */
  readonly branchCompetition: boolean;
  /** Uniforms are drawn above 0. */
  readonly temperature: number;
  /** Where they come from. */
  readonly uniforms: UniformSource;
  /** Whether the round that found the sample complete counts as a step. */
  readonly countClosing: boolean;
  /** What happens to the cache before the forward. */
  readonly cache: readonly CacheOperation[];
}

/** Either the request of the next round or, when no branch is left, the result. */
export interface PreparedRound {
  /** State to be given back with the predictions. */
  readonly state: LopaState;
  /** The next forward. */
  readonly request?: ForwardRequest;
  /** How the decode ended. */
  readonly result?: DecodeResult;
}

/** Prepares the next round from branches in list order. */
export function prepareRound(
  state: LopaState,
  options: RoundOptions,
): PreparedRound {
  const { rules } = state;
  const round = state.round + 1;
  const grown = state.branches.map((branch) => ({
    ...branch,
    sequence: growSequence(branch.sequence, rules),
  }));
  const isComplete = ({ sequence }: LopaBranch) =>
    isFinished(sequence, rules.maskId);
  const done = grown.filter(isComplete).map((branch) => ({
    ...branch,
    completedIn: round,
  }));
  const finished = [...state.finished, ...done];
  const live = grown.filter((branch) => !isComplete(branch));
  if (live.length === 0) {
    const retired = { ...state, branches: [], finished };
    return { state: retired, result: resultOf(retired, options) };
  }
  const prefixEnd = sharedPrefixEnd(
    live.map(({ sequence }) => sequence.blocks),
  );
  const layout = live.find(({ anchor }) => anchor) ?? live[0]!;
  const commit = commitRange(layout.sequence.blocks, prefixEnd);
  const start = commit?.start ?? prefixEnd;
  const commitRows = commit === null ? 0 : commit.end - commit.start;
  const branches = evaluationOrder(live, options);
  const windows = branches.map(({ sequence: { tokens } }, branch) => {
    const predict = masksFrom(start, { tokens, maskId: rules.maskId });
    return branchWindow({ ...options, tokens, start, predict, round, branch });
  });
  const masks = windows.at(-1)!.predict.length;
  checkStepCap(state.round, { stepCap: rules.stepCap, masks });
  return {
    state: {
      ...state,
      branches,
      finished,
      prefixEnd,
      start,
      commitRows,
      predict: windows.map(({ predict }) => predict),
    },
    request: blockRequest(rules, {
      cache: options.cache,
      cached: state.cached,
      commitRows,
      branches: windows,
    }),
  };
}

/** Of the finished branches the first to be complete, the earlier in the list of equals. */
function resultOf(
  state: LopaState,
  { countClosing }: RoundOptions,
): DecodeResult {
  const { finished, rules, round, branchForwards } = state;
  const chosen = finished.reduce((first, branch) =>
    branch.completedIn < first.completedIn ? branch : first
  );
  return {
    ids: chosen.sequence.tokens.slice(rules.promptLength),
    forwards: round,
    branchForwards,
    referenceSteps: countClosing ? chosen.completedIn : chosen.completedIn - 1,
  };
}
