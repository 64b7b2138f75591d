/**
 * Which branch wins a LoPA round (arXiv 2512.16229 Eq. 2; spec section 3.3).
 *
 * @module
 */
import type { ConfidenceDtype } from "../model/types.ts";
import { meanConfidence } from "./bf16.ts";
import type { CandidateRow } from "./d2f_fill.ts";
import type { BranchIdentity } from "./lopa_spawn.ts";
import type { BranchRecord } from "./types.ts";

/** How {@linkcode branchScore} weighs. */
export interface ScoreOptions {
  /** Share of the remaining masks, the least confident ones, that is averaged; 1 is the paper's Eq. 2. */
  readonly branchTopP: number;
  /** Weight of the branch's creation confidence against its future: alpha, in [0, 1]. */
  readonly creationWeight: number;
  /** Dtype of the mean. */
  readonly confidenceDtype: ConfidenceDtype;
}

/**
 * Score of one branch: alpha * creation + (1 - alpha) * F, F being the mean of the least confident max(1, int(n * branchTopP))
 * of the branch's n remaining masks, and 1 where none remain.
 *
 * @param confidences Strategy confidence of every mask behind the shared prefix, `[n]`.
 * @param options `creation`: confidence of the branch's lookahead token when it was drawn; 1 for the anchor.
 */
export function branchScore(
  confidences: readonly number[],
  { creation, branchTopP, creationWeight, confidenceDtype }: ScoreOptions & {
    readonly creation: number;
  },
): number {
  return creationWeight * creation + (1 - creationWeight) * futureConfidence();

  function futureConfidence(): number {
    if (confidences.length === 0) return 1;
    const count = Math.max(1, Math.trunc(confidences.length * branchTopP));
    const least = confidences.toSorted((a, b) => a - b).slice(0, count);
    return meanConfidence(least, confidenceDtype);
  }
}

/** A branch that has been evaluated. */
export interface ScoredBranch extends BranchRecord {
  /** By {@linkcode branchScore}. */
  readonly score: number;
}

/**
 * Scores every branch of a round.
 *
 * @param rows Each branch's masked positions behind the shared prefix.
 * @param options `lengths`: of the branches' inputs.
 */
export function scoreBranches(
  branches: readonly BranchIdentity[],
  rows: readonly (readonly CandidateRow[])[],
  options: ScoreOptions & { readonly lengths: readonly number[] },
): ScoredBranch[] {
  return branches.map(({ id, anchor, creation }, i) => ({
    id,
    anchor,
    score: branchScore(rows[i]!.map(({ confidence }) => confidence), {
      ...options,
      creation,
    }),
    masks: rows[i]!.length,
    length: options.lengths[i]!,
  }));
}

/** The outcome of a round's competition. */
export interface Competition {
  /** Index of the winner in evaluation order. */
  readonly winner: number;
  /** Branches that share the best score, the first of them included. */
  readonly tied: number;
}

/**
 * The branch of highest score; of equals the first in evaluation order, so that a better ranked lookahead goes before a worse
 * one and all of them before the anchor. With `forceAnchor` the first anchor wins whatever the scores, if there is one.
 */
export function pickWinner(
  branches: readonly { readonly anchor: boolean; readonly score: number }[],
  { forceAnchor }: { readonly forceAnchor: boolean },
): Competition {
  const best = branches.reduce(
    (max, { score }) => Math.max(max, score),
    -Infinity,
  );
  const tied = branches.filter(({ score }) => score === best).length;
  const anchor = forceAnchor
    ? branches.findIndex((branch) => branch.anchor)
    : -1;
  return {
    winner: anchor >= 0
      ? anchor
      : branches.findIndex(({ score }) => score === best),
    tied,
  };
}
