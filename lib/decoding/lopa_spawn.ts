/**
 * The branches that go into the next LoPA round: copies of the winner with one more token each, and the winner itself as anchor
 * (arXiv 2512.16229 section 3.1; spec section 3.4).
 *
 * @module
 */
import type { CandidateRow } from "./d2f_fill.ts";
import type { SpawnRecord } from "./types.ts";

/** The token that a lookahead branch carries beyond the winner it was copied from. */
export interface Lookahead {
  /** Absolute position. */
  readonly position: number;
  /** Token id. */
  readonly token: number;
}

/** What distinguishes one branch from another, whatever it holds. */
export interface BranchIdentity {
  /** Number, in order of spawning; an anchor may share it with a lookahead. */
  readonly id: number;
  /** Whether it carries no lookahead token. */
  readonly anchor: boolean;
  /** Strategy confidence of the lookahead token when it was drawn; 1 for the anchor. */
  readonly creation: number;
  /** The extra token; `null` for the anchor. */
  readonly lookahead: Lookahead | null;
}

/** How {@linkcode planBranches} spawns. */
export interface SpawnOptions {
  /** Most lookaheads. */
  readonly lookaheads: number;
  /** Whether an anchor goes with the lookaheads (the reference's `branch_verification_mode`). */
  readonly branchVerification: boolean;
  /** Whether anything competes with the anchor (the reference's `base_branch_competition`). */
  readonly branchCompetition: boolean;
  /** Whether a winner without candidates goes on twice, as itself and as anchor (spec trap T12). */
  readonly duplicateAnchor: boolean;
}

/** What {@linkcode planBranches} knows of the round. */
export interface SpawnContext {
  /** Id of the winner. */
  readonly winnerId: number;
  /** Branches alive or finished when the round was evaluated: the first free id. */
  readonly branchCount: number;
}

/** The branches of the next round. */
export interface SpawnPlan {
  /** In list order, the anchor last. */
  readonly branches: readonly BranchIdentity[];
  /** Identical branches beyond the first. */
  readonly duplicates: number;
}

/**
 * Plans the next round's branches. Candidates are taken by descending confidence, the lower position first among equals.
 *
 * @param candidates Masked positions of the winner that were not filled this round, ascending, with the predictions of the
 * forward just answered.
 */
export function planBranches(
  candidates: readonly CandidateRow[],
  options: SpawnOptions & SpawnContext,
): SpawnPlan {
  const {
    lookaheads,
    branchVerification,
    branchCompetition,
    winnerId,
    branchCount,
  } = options;
  const itself = { id: winnerId, anchor: true, creation: 1, lookahead: null };
  if (branchVerification && !branchCompetition) {
    return { branches: [itself], duplicates: 0 };
  }
  const spawned = rankCandidates(candidates).slice(0, lookaheads).map((
    row,
    i,
  ) => ({
    id: branchCount + i,
    anchor: false,
    creation: row.confidence,
    lookahead: { position: row.position, token: row.token },
  }));
  if (!branchVerification) {
    return { branches: spawned.length > 0 ? spawned : [itself], duplicates: 0 };
  }
  const anchor = {
    id: branchCount,
    anchor: true,
    creation: 1,
    lookahead: null,
  };
  if (spawned.length === 0 && lookaheads > 0 && options.duplicateAnchor) {
    return { branches: [itself, anchor], duplicates: 1 };
  }
  return { branches: [...spawned, anchor], duplicates: 0 };
}

/** Candidates by descending confidence, stable. */
function rankCandidates(candidates: readonly CandidateRow[]): CandidateRow[] {
  return candidates.toSorted((a, b) => b.confidence - a.confidence);
}

/** The record of a branch put forward. */
export function spawnRecord(
  branch: BranchIdentity,
  { eosSeen }: { readonly eosSeen: boolean },
): SpawnRecord {
  return {
    id: branch.id,
    anchor: branch.anchor,
    position: branch.lookahead?.position ?? null,
    token: branch.lookahead?.token ?? null,
    confidence: branch.creation,
    eosSeen,
  };
}

/** Order of evaluation: under competition lookaheads before anchors, each by id; otherwise as listed. Stable. */
export function evaluationOrder<B extends BranchIdentity>(
  branches: readonly B[],
  { branchCompetition }: { readonly branchCompetition: boolean },
): B[] {
  if (!branchCompetition) return [...branches];
  return branches.toSorted((a, b) =>
    Number(a.anchor) - Number(b.anchor) || a.id - b.id
  );
}
