/**
 * Which rank computes which branches.
 *
 * @module
 */
import type { ForwardRequest, Predictions } from "../model/types.ts";
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

/** The predictions of a request, put together from those of its shares. */
export function joinShares(
  request: ForwardRequest,
  { answers, shares }: {
    /** For each branch the rank that answers it, in order of their shares. */
    readonly answers: readonly number[];
    /** By rank; `null` where it had nothing to compute. */
    readonly shares: readonly (Predictions | null)[];
  },
): Predictions {
  const taken = shares.map(() => 0);
  const branches = answers.map((rank) =>
    shares[rank]!.branches[taken[rank]!++]!
  );
  const times = shares.map((share) => share?.nativeMs ?? 0);
  return {
    branches,
    rows: rowsOf(request),
    nativeMs: Math.max(...times),
    work: shares.flatMap((share) => share?.work ?? []),
  };
}

/** Positions that go through the network, all branches together, shared rows once: as one device computes them. */
function rowsOf({ branches, commitRows, visibility }: ForwardRequest): number {
  const shared = visibility.kind === "block-causal" ? commitRows : 0;
  return branches.reduce(
    (sum, { tokens }) => sum + tokens.length - shared,
    shared,
  );
}
