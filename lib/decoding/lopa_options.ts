/**
 * Options of LoPA beyond those of the block table.
 *
 * @module
 */
import { blockFields, type BlockTableOptions } from "./d2f_options.ts";
import { type Fields, flag, integer, numeric, oneOf } from "./options.ts";

/** Options of the branches, whatever they decode on. */
export interface BranchOptions {
  /** Lookahead branches beside the anchor, default 7; sequences per round = lookaheads + 1. 0 is plain decoding. */
  readonly lookaheads?: number;
  /** Share of a branch's remaining masks, the least confident ones, that its score averages; default 1 (Eq. 2). */
  readonly branchTopP?: number;
  /** alpha: weight of the lookahead token's own confidence in the score, default 0. */
  readonly creationWeight?: number;
}

/** Options of {@linkcode lopa}. */
export interface LopaOptions extends BlockTableOptions, BranchOptions {
  /** What rows see, default `full`. */
  readonly visibility?: "full" | "block-causal";
  /**
   * Whose conventions to follow, default `dream`. `diffucoder`: growth ends at the padding token and the closing check is not
   * counted as a step. `nv` (LoPA-Dist-NV): a winner without candidates goes on once, not twice.
   */
  readonly variant?: "dream" | "diffucoder" | "nv";
  /** Whether an anchor goes with the lookaheads, default true. */
  readonly branchVerification?: boolean;
  /** Whether lookaheads compete with the anchor, default true; if not, and with verification, no lookahead is spawned. */
  readonly branchCompetition?: boolean;
  /** Whether the anchor always wins, default false: lookaheads are then computed for nothing. */
  readonly forceAnchor?: boolean;
  /** Whether activated blocks force a token when none passes, default true (a switch of the DiffuCoder scripts). */
  readonly forcingSample?: boolean;
}

/** Checks and defaults of {@linkcode BranchOptions}. */
export const BRANCH_FIELDS: Fields<BranchOptions> = {
  lookaheads: integer({ min: 0, fallback: 7 }),
  branchTopP: numeric({ min: 0, max: 1, fallback: 1 }),
  creationWeight: numeric({ min: 0, max: 1, fallback: 0 }),
};

/** Checks and defaults of {@linkcode LopaOptions}. */
export function lopaFields(given: LopaOptions): Fields<LopaOptions> {
  return {
    ...blockFields(given),
    ...BRANCH_FIELDS,
    visibility: oneOf(["full", "block-causal"]),
    variant: oneOf(["dream", "diffucoder", "nv"]),
    branchVerification: flag(true),
    branchCompetition: flag(true),
    forceAnchor: flag(false),
    forcingSample: flag(true),
  };
}
