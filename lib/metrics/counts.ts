/**
 * What can be counted in one trace. Every rate of this module is a quotient of these counts.
 *
 * @module
 */
import type { Trace } from "../decoding/trace_types.ts";

/** Counts of one trace. */
export interface SampleCounts {
  /** Generated positions, end-of-sequence padding and everything after it included. */
  readonly canvas: number;
  /** Generated ids other than EOS, wherever they stand. */
  readonly nonEos: number;
  /** Generated ids other than PAD, wherever they stand (DiffuCoder). */
  readonly nonPad: number;
  /** Generated ids other than MASK (LoPA-Dist-NV). */
  readonly nonMask: number;
  /** Generated ids before the first EOS; all of them where there is none. */
  readonly beforeEos: number;
  /** Ids of the prompt other than EOS. */
  readonly promptNonEos: number;
  /** Tokens written by the steps' rules, those later found to be MASK included. */
  readonly fills: number;
  /** Lookahead tokens accepted by winning. */
  readonly accepted: number;
  /** Forward passes; a round of all branches is one. */
  readonly forwards: number;
  /** Branches evaluated: network calls of an implementation that runs them one by one. */
  readonly branchForwards: number;
  /** Steps as the decoder's reference counts them. */
  readonly referenceSteps: number;
  /** Positions that went through the network. */
  readonly positions: number;
  /** Input positions of all branches, rows that branches share counted once per branch. */
  readonly branchPositions: number;
  /** Rounds won by a branch with a lookahead token. */
  readonly lookaheadWins: number;
}

function total<T>(items: readonly T[], value: (item: T) => number): number {
  return items.reduce((sum, item) => sum + value(item), 0);
}

/** Counts one trace. */
export function countSample(trace: Trace): SampleCounts {
  const { header, steps, result } = trace;
  const { eosId, padId, maskId } = header.model;
  const ids = [...result.ids];
  const firstEos = ids.indexOf(eosId);
  const accepted = total(steps, (step) => step.accepted === undefined ? 0 : 1);
  return {
    canvas: ids.length,
    nonEos: ids.filter((id) => id !== eosId).length,
    nonPad: ids.filter((id) => id !== padId).length,
    nonMask: ids.filter((id) => id !== maskId).length,
    beforeEos: firstEos < 0 ? ids.length : firstEos,
    promptNonEos: header.prompt.ids.filter((id) => id !== eosId).length,
    fills: total(steps, (step) => step.fills.length),
    accepted,
    forwards: result.forwards,
    branchForwards: result.branchForwards,
    referenceSteps: result.referenceSteps,
    positions: total(steps, (step) => step.positions),
    branchPositions: total(
      steps,
      (step) => total(step.branches, (branch) => branch.length),
    ),
    lookaheadWins: total(
      steps,
      (step) => step.branches[step.winner]?.anchor === false ? 1 : 0,
    ),
  };
}
