/**
 * When ranks go from one phase to the next, for whoever wants to draw it.
 *
 * @module
 */
import type { RankPhase } from "./errors.ts";
import type { RankProgress } from "./rank.ts";

/** A rank entered a phase, and left the one before. */
export interface PhaseChange {
  /** The rank, as the mesh counts. */
  readonly rank: number;
  /** `order` means that it waits for its next order. */
  readonly phase: RankPhase;
  /** On the clock of `performance.now()`, in milliseconds. */
  readonly at: number;
}

/** Is told; must not throw. */
export type PhaseListener = (change: PhaseChange) => void;

/** The progress of a rank that waits for its first order; every later change of phase is told to `onPhase`. */
export function progressOf(
  rank: number,
  onPhase: PhaseListener | undefined,
): RankProgress {
  if (onPhase === undefined) return { phase: "order", waitingFor: null };
  let current: RankPhase = "order";
  return {
    waitingFor: null,
    get phase() {
      return current;
    },
    set phase(phase) {
      if (phase === current) return;
      current = phase;
      onPhase({ rank, phase, at: performance.now() });
    },
  };
}
