/**
 * What the two cache protocols have in common: the orders of a round, and the state machine of a rank. Everything here is plain
 * data and pure functions; devices, threads and transports are elsewhere, so that every interleaving of messages can be tried.
 *
 * A round: the coordinator turns a request into one order per rank; a rank brings its cache up to date, computes its share of the
 * branches, and answers. What differs between the protocols is how the winner's rows of the last round come into every cache.
 *
 * @module
 */
import type { CacheOperation, ForwardRequest } from "../model/types.ts";
import { ProtocolError } from "./errors.ts";

/** Names of the protocols. */
export type ProtocolName = "two-phase" | "single-phase";

/** Rows of the winner that travel from the rank that computed them to all others. */
export interface Exchange {
  /** Distinguishes the exchanges of a round. */
  readonly index: number;
  /** Rank that computed them. */
  readonly owner: number;
  /** Index of the branch in the owner's own last share. */
  readonly branch: number;
  /** Absolute position of the first. */
  readonly start: number;
  /** Number of rows. */
  readonly rows: number;
  /** Whether the last becomes the boundary row. */
  readonly boundary: boolean;
}

/** A change of a rank's cache: one of its own, with branches counted in its own last share, or rows of another rank. */
export type RankOperation = CacheOperation | {
  readonly kind: "exchange";
  readonly exchange: Exchange;
};

/** What one rank does in a round. */
export interface RoundOrder {
  /** Rounds are counted up, also across a new start after a failure: what bears an older number is late. */
  readonly round: number;
  /** Applied in order before the forward. */
  readonly operations: readonly RankOperation[];
  /** The rank's share of the forward, without cache operations; `null` for a rank without one. */
  readonly work: ForwardRequest | null;
}

/** Where the rows that the last round staged are: for each branch of its request the ranks that have it. */
export type Placement = readonly StagedBranch[];

/** One branch of the last round. */
export interface StagedBranch {
  /** First position of its window. */
  readonly start: number;
  /** Rank that computed it; `null` when every rank holds its committing rows. */
  readonly owner: number | null;
  /** Index in the share of the owner, or of every rank. */
  readonly branch: number;
}

/** The orders of a round, by rank, and where its rows will be staged. */
export interface RoundPlan {
  /** One per rank. */
  readonly orders: readonly RoundOrder[];
  /** For the plan of the next round. */
  readonly placement: Placement;
  /** For each branch of the request the rank that answers it, in order of their shares. */
  readonly answers: readonly number[];
}

/** A request to be turned into orders. */
export interface PlanInput {
  /** Greater than that of any order before. */
  readonly round: number;
  /** Number of ranks. */
  readonly ranks: number;
  /** As a decoder makes it; valid. */
  readonly request: ForwardRequest;
  /** Of the last round. */
  readonly placement: Placement;
}

/** What happens to a rank. */
export type RankEvent =
  | { readonly kind: "order"; readonly order: RoundOrder }
  /** Rows of an exchange have come in. */
  | { readonly kind: "rows"; readonly round: number; readonly index: number }
  /** The forward is done. */
  | { readonly kind: "computed"; readonly round: number };

/** What a rank is to do. */
export type RankEffect =
  /** Read the rows from the staging and give them to all ranks. */
  | {
    readonly kind: "publish";
    readonly round: number;
    readonly exchange: Exchange;
  }
  /** Take part in an exchange of another rank. */
  | {
    readonly kind: "collect";
    readonly round: number;
    readonly exchange: Exchange;
  }
  /** Apply the order's operations with the rows that came in, then compute. */
  | { readonly kind: "compute"; readonly order: RoundOrder }
  /** Give the result to the coordinator. */
  | { readonly kind: "answer"; readonly round: number };

/** A rank between two events. */
export interface RankState {
  /** Its number in the group. */
  readonly rank: number;
  /** The last round that was taken up; 0 before the first. */
  readonly round: number;
  /** `commit`: waiting for rows; `pre-write`: computing. */
  readonly phase: "idle" | "commit" | "pre-write";
  /** The round's order while it is under way. */
  readonly order: RoundOrder | null;
  /** Rows that have come in for this round or a later one, as `round/index`. */
  readonly arrived: readonly string[];
}

/** State and effects after an event. */
export interface RankTransition {
  /** The rank after the event. */
  readonly state: RankState;
  /** To be carried out in order. */
  readonly effects: readonly RankEffect[];
}

/** A cache protocol: how requests become orders, and how a rank carries them out. */
export interface CacheProtocol {
  /** As in papers and options. */
  readonly name: ProtocolName;
  /** Whether rows go to pages of the cache as soon as they are computed, where a replica has pages. */
  readonly paged: boolean;
  /**
   * Refuses requests that it cannot serve.
   *
   * @throws {ProtocolError} Saying why, and what would do.
   */
  check(request: ForwardRequest): void;
  /** Turns a request into orders. */
  plan(input: PlanInput): RoundPlan;
  /** Follows one event on one rank. Messages that are late or came before are without effect. */
  step(state: RankState, event: RankEvent): RankTransition;
}

/** A rank before its first round; orders of round `after` (default 0) and before are late. */
export function startRank(
  rank: number,
  { after = 0 }: { readonly after?: number } = {},
): RankState {
  return { rank, round: after, phase: "idle", order: null, arrived: [] };
}

/** Refuses an order that reaches a rank in the middle of another round, with a {@linkcode ProtocolError}. */
export function requireIdle(
  name: ProtocolName,
  state: RankState,
  { round }: RoundOrder,
): void {
  if (state.phase === "idle") return;
  throw new ProtocolError(
    name,
    `the order of round ${round} reached rank ${state.rank} in round ${state.round}; one round at a time is wanted`,
  );
}

/** No change. */
export function unchanged(state: RankState): RankTransition {
  return { state, effects: [] };
}

/** The end of a round on a rank, if it is this round's. */
export function finishRound(state: RankState, round: number): RankTransition {
  if (state.phase !== "pre-write" || state.round !== round) {
    return unchanged(state);
  }
  return {
    state: { ...state, phase: "idle", order: null },
    effects: [{ kind: "answer", round }],
  };
}

/** The exchanges of an order. */
export function exchangesOf(order: RoundOrder): Exchange[] {
  return order.operations.flatMap((operation) =>
    operation.kind === "exchange" ? [operation.exchange] : []
  );
}
