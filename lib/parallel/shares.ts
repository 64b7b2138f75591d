/**
 * Which rank computes which branches.
 *
 * @module
 */
import type { ForwardRequest } from "../model/types.ts";
import { evenShares } from "./mesh.ts";

/**
 * Splits the branches of a request over ranks: neighbours stay together, shares differ by one at most. LoPA sorts lookaheads
 * before the anchor, so that the first rank has the best-ranked ones.
 *
 * @returns For each rank its share without cache operations, `null` where it has no branch.
 */
export function shareBranches(
  request: ForwardRequest,
  ranks: number,
): (ForwardRequest | null)[] {
  return evenShares(request.branches.length, ranks).map(({ start, end }) =>
    start === end
      ? null
      : { ...request, cache: [], branches: request.branches.slice(start, end) }
  );
}

/** Of every branch of a request its rank and its index in that rank's share. */
export function ownersOf(
  branches: number,
  ranks: number,
): { readonly owner: number; readonly branch: number }[] {
  return evenShares(branches, ranks).flatMap(({ start, end }, owner) =>
    Array.from({ length: end - start }, (_, branch) => ({ owner, branch }))
  );
}
