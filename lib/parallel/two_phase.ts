/**
 * The two-phase cache protocol (LoPA-Dist-NV, paper section 3.4): pre-write, then commit.
 *
 * - Pre-write: in a round with committing rows every rank leaves the keys and values of its own branches in a staging area per
 *   branch. Under full attention they differ from branch to branch, because a committing row sees the tokens after it.
 * - Commit: the next request names the winner. The rank that computed it gives the winner's rows and boundary row to all, and
 *   every rank, with a branch or without, writes them into its cache before it computes.
 *
 * It differs from the published code in that the commit rides in the next round instead of a dispatch of its own.
 *
 * @module
 */
import type { CacheOperation } from "../model/types.ts";
import {
  type CacheProtocol,
  exchangesOf,
  finishRound,
  type PlanInput,
  type RankEvent,
  type RankOperation,
  type RankState,
  type RankTransition,
  requireIdle,
  type RoundPlan,
  unchanged,
} from "./protocol.ts";
import { ownersOf, shareBranches } from "./shares.ts";

const NAME = "two-phase";

/** The two-phase protocol. */
export const twoPhase: CacheProtocol = {
  name: NAME,
  paged: false,
  check: () => {},
  plan: planTwoPhase,
  step: stepTwoPhase,
};

function planTwoPhase(input: PlanInput): RoundPlan {
  const { round, ranks, request } = input;
  const operations = request.cache.map((operation, index) =>
    rankOperation(operation, index, input)
  );
  const owners = ownersOf(request.branches.length, ranks);
  return {
    orders: shareBranches(request, ranks).map((work) => ({
      round,
      operations,
      work,
    })),
    placement: owners.map(({ owner, branch }, b) => ({
      start: request.branches[b]!.start,
      owner: ranks === 1 ? null : owner,
      branch,
    })),
    answers: owners.map(({ owner }) => owner),
  };
}

/** A commit of rows that only their owner has becomes an exchange. */
function rankOperation(
  operation: CacheOperation,
  index: number,
  { placement }: PlanInput,
): RankOperation {
  if (operation.kind !== "commit") return operation;
  const { owner, branch, start } = placement[operation.branch]!;
  if (owner === null) return { ...operation, branch };
  const { rows, boundary } = operation;
  return {
    kind: "exchange",
    exchange: { index, owner, branch, start, rows, boundary },
  };
}

function stepTwoPhase(state: RankState, event: RankEvent): RankTransition {
  switch (event.kind) {
    case "order": {
      const { order } = event;
      if (order.round <= state.round) return unchanged(state);
      requireIdle(NAME, state, order);
      const { round } = order;
      const effects = exchangesOf(order).map((exchange) => ({
        kind: exchange.owner === state.rank
          ? "publish" as const
          : "collect" as const,
        round,
        exchange,
      }));
      const arrived = state.arrived.filter((key) => roundOf(key) >= round);
      const next = {
        ...state,
        round,
        order,
        phase: "commit",
        arrived,
      } as const;
      const after = computeWhenComplete(next);
      return { ...after, effects: [...effects, ...after.effects] };
    }
    case "rows": {
      const { round, index } = event;
      const late = round < state.round ||
        round === state.round && state.phase !== "commit";
      const key = `${round}/${index}`;
      if (late || state.arrived.includes(key)) return unchanged(state);
      const arrived = [...state.arrived, key];
      return computeWhenComplete({ ...state, arrived });
    }
    case "computed":
      return finishRound(state, event.round);
  }
}

/** Goes on to the forward once all rows are there. */
function computeWhenComplete(state: RankState): RankTransition {
  const { phase, order, arrived } = state;
  if (phase !== "commit" || order === null) return unchanged(state);
  const missing = exchangesOf(order).some(({ index }) =>
    !arrived.includes(`${order.round}/${index}`)
  );
  if (missing) return unchanged(state);
  return {
    state: { ...state, phase: "pre-write" },
    effects: [{ kind: "compute", order }],
  };
}

function roundOf(key: string): number {
  return Number(key.split("/")[0]);
}
