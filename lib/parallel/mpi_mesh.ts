/**
 * The mesh over the ranks of a job of MPI: who shares the branches, and who shares a replica.
 *
 * @module
 */
import type { Communicator } from "./communicator.ts";
import { MeshError } from "./errors.ts";
import {
  checkMesh,
  meshSize,
  placeOf,
  rankAt,
  type RankMesh,
  type RankPlace,
} from "./mesh.ts";
import type { Collectives } from "./mpi_collectives.ts";
import type { MpiGroup } from "./mpi_group.ts";

/** Puts something around what shards do together. */
export type ShardGuard = (inner: Collectives) => Collectives;

/** A mesh, seen from one of its ranks. */
export class MpiMesh {
  /** Its sizes. */
  readonly sizes: RankMesh;
  /** Where this process's rank stands. */
  readonly place: RankPlace;
  readonly #group: MpiGroup;
  readonly #branches: Collectives;
  readonly #shards: Collectives;
  #guard: ShardGuard = (inner) => inner;

  private constructor(group: MpiGroup, sizes: RankMesh) {
    const { bp, tp } = sizes;
    this.#group = group;
    this.sizes = sizes;
    this.place = placeOf(group.rank, sizes);
    const { branch, shard } = this.place;
    this.#shards = group.split(branch, { rank: shard, size: tp });
    this.#branches = group.split(shard, { rank: branch, size: bp });
  }

  /**
   * Lays a mesh over all ranks of a job, which call it together.
   *
   * @throws {MeshError} When the job has another number of ranks.
   */
  static over(group: MpiGroup, mesh: RankMesh): MpiMesh {
    const wanted = meshSize(checkMesh(mesh));
    if (wanted !== group.size) {
      throw new MeshError(
        `bp=${mesh.bp},tp=${mesh.tp} given, but the job has ${group.size} processes; start ${wanted} of them`,
      );
    }
    return new MpiMesh(group, mesh);
  }

  /** Rank of the job that has the same shard of another replica. */
  counterpart(branch: number): number {
    return rankAt({ ...this.place, branch }, this.sizes);
  }

  /** This rank among those that share its replica. */
  get shards(): Communicator {
    const guarded = this.#guard(this.#shards);
    const { shard: rank } = this.place;
    return {
      ...this.#group.communicator(),
      ...guarded,
      rank,
      size: this.sizes.tp,
    };
  }

  /** This rank among those that have the same shard of other replicas. Messages come and go as those of the job's rank. */
  get branches(): Communicator {
    const { branch: rank } = this.place;
    return {
      ...this.#group.communicator(),
      ...this.#branches,
      rank,
      size: this.sizes.bp,
    };
  }

  /** Puts something around what shards do together from now on. */
  guard(guard: ShardGuard): void {
    this.#guard = guard;
  }
}
