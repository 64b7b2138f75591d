/**
 * The mesh of ranks: branches over one axis, shards of the model over the other (LoPA-Dist: BP and TP of Table 6).
 *
 * @module
 */
import { MeshError } from "./errors.ts";

/** Sizes of the two axes. */
export interface RankMesh {
  /** Replicas of the model, each with its share of the branches. */
  readonly bp: number;
  /** Shards of each replica. */
  readonly tp: number;
}

/** Where a rank stands. */
export interface RankPlace {
  /** Its replica. */
  readonly branch: number;
  /** Its shard. */
  readonly shard: number;
}

/**
 * Checks the sizes of a mesh.
 *
 * @throws {MeshError} When one is not a whole number of at least 1.
 */
export function checkMesh(mesh: RankMesh): RankMesh {
  for (const [axis, size] of [["bp", mesh.bp], ["tp", mesh.tp]] as const) {
    if (Number.isInteger(size) && size >= 1) continue;
    throw new MeshError(
      `${axis}=${size} given; a whole number of at least 1 is wanted`,
    );
  }
  return mesh;
}

/**
 * Reads `bp=2,tp=1`; an axis that is not named has size 1.
 *
 * @throws {MeshError} On anything else.
 */
export function parseMesh(text: string): RankMesh {
  const sizes = { bp: 1, tp: 1 };
  const seen = new Set<string>();
  for (const part of text.split(",")) {
    const [, axis, size] = /^(bp|tp)=(\d+)$/.exec(part.trim()) ?? [];
    if (axis === undefined || seen.has(axis)) {
      throw new MeshError(
        `"${text}" given; sizes such as "bp=2,tp=1" are wanted`,
      );
    }
    seen.add(axis);
    sizes[axis as "bp" | "tp"] = Number(size);
  }
  return checkMesh(sizes);
}

/** Number of ranks. */
export function meshSize({ bp, tp }: RankMesh): number {
  return bp * tp;
}

/** Place of a rank: the shards of a replica are neighbours, as the links between them carry the most. */
export function placeOf(rank: number, { tp }: RankMesh): RankPlace {
  return { branch: Math.floor(rank / tp), shard: rank % tp };
}

/** Rank at a place. */
export function rankAt({ branch, shard }: RankPlace, { tp }: RankMesh): number {
  return branch * tp + shard;
}

/**
 * Which part of `count` consecutive things each of `parts` takes: shares that differ by one at most, the larger ones first.
 *
 * @returns `[start, end)` of every part.
 */
export function evenShares(
  count: number,
  parts: number,
): { readonly start: number; readonly end: number }[] {
  const small = Math.floor(count / parts);
  const larger = count % parts;
  return Array.from({ length: parts }, (_, part) => {
    const start = part * small + Math.min(part, larger);
    return { start, end: start + small + (part < larger ? 1 : 0) };
  });
}
