/**
 * The single-phase cache protocol (LoPA-Dist-Ascend, paper section 3.4): pre-write only.
 *
 * Under block-causal visibility the keys and values of a finished block depend on nothing after it, so that every branch computes
 * the same ones. Each rank therefore keeps its own: it pre-writes them into pages of its cache in the forward that computes them,
 * the commit that the next request names only makes them count in the block table, and nothing travels between ranks. A rank
 * without a branch still computes the committing rows, up to the end of their last block.
 *
 * Full attention is refused: there a committing row sees the tokens of its own branch.
 *
 * @module
 */
import type { BranchWindow, ForwardRequest } from "../model/types.ts";
import { visibilityLimit } from "../model/visibility.ts";
import { ProtocolError } from "./errors.ts";
import {
  type CacheProtocol,
  finishRound,
  type PlanInput,
  type RankEvent,
  type RankState,
  type RankTransition,
  requireIdle,
  type RoundPlan,
  unchanged,
} from "./protocol.ts";
import { ownersOf, shareBranches } from "./shares.ts";

const NAME = "single-phase";

/** The single-phase protocol. */
export const singlePhase: CacheProtocol = {
  name: NAME,
  paged: true,
  check: checkSinglePhase,
  plan: planSinglePhase,
  step: stepSinglePhase,
};

function checkSinglePhase({ visibility }: ForwardRequest): void {
  if (visibility.kind === "block-causal") return;
  throw new ProtocolError(
    NAME,
    `${visibility.kind} visibility given; only under block-causal visibility do all branches write the same cache: ` +
      'decode with visibility "block-causal", or take the protocol "two-phase"',
  );
}

function planSinglePhase(input: PlanInput): RoundPlan {
  const { round, ranks, request } = input;
  const operations = request.cache.map((operation) =>
    operation.kind === "commit" ? { ...operation, branch: 0 } : operation
  );
  return {
    orders: shareBranches(request, ranks).map((share) => ({
      round,
      operations,
      work: share ?? committingRows(request),
    })),
    placement: request.branches.map(({ start }) => ({
      start,
      owner: null,
      branch: 0,
    })),
    answers: ownersOf(request.branches.length, ranks).map(({ owner }) => owner),
  };
}

/** What a rank without a branch computes: the committing rows and what they see. */
function committingRows(request: ForwardRequest): ForwardRequest | null {
  const { commitRows, visibility } = request;
  if (commitRows === 0) return null;
  const { start, tokens } = request.branches[0]!;
  const limit = visibilityLimit(visibility, start + commitRows - 1);
  const branch: BranchWindow = {
    start,
    tokens: tokens.slice(0, Math.max(commitRows, limit - start)),
    predict: new Int32Array(0),
    uniforms: new Float64Array(0),
  };
  return { ...request, cache: [], branches: [branch] };
}

function stepSinglePhase(state: RankState, event: RankEvent): RankTransition {
  switch (event.kind) {
    case "order": {
      const { order } = event;
      if (order.round <= state.round) return unchanged(state);
      requireIdle(NAME, state, order);
      return {
        state: { ...state, round: order.round, order, phase: "pre-write" },
        effects: [{ kind: "compute", order }],
      };
    }
    case "rows":
      throw new ProtocolError(
        NAME,
        `rows of round ${event.round} reached rank ${state.rank}; nothing travels between ranks under this protocol`,
      );
    case "computed":
      return finishRound(state, event.round);
  }
}
