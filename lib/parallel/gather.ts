/**
 * The coordinator's side of a round as a state machine: which answers are still out.
 *
 * @module
 */

/** A round whose answers are being gathered. */
export interface GatherState {
  /** The round under way, or the last one. */
  readonly round: number;
  /** Ranks that have not answered it. */
  readonly waiting: readonly number[];
}

/** An answer, or a failure, of a rank. */
export interface GatherEvent {
  /** Round that it belongs to. */
  readonly round: number;
  readonly rank: number;
}

/** State after an answer. */
export interface GatherTransition {
  readonly state: GatherState;
  /** Whether the answer counts: it is of this round and the first of its rank. */
  readonly accepted: boolean;
  /** Whether the round is complete with it. */
  readonly complete: boolean;
}

/** The start of a round over ranks `0` to `ranks - 1`. */
export function startGather(round: number, ranks: number): GatherState {
  return { round, waiting: Array.from({ length: ranks }, (_, rank) => rank) };
}

/** Follows one answer. One of another round, or a second one, is without effect. */
export function stepGather(
  state: GatherState,
  { round, rank }: GatherEvent,
): GatherTransition {
  if (round !== state.round || !state.waiting.includes(rank)) {
    return { state, accepted: false, complete: false };
  }
  const waiting = state.waiting.filter((other) => other !== rank);
  return {
    state: { ...state, waiting },
    accepted: true,
    complete: waiting.length === 0,
  };
}
