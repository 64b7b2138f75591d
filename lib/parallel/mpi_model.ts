/**
 * A model whose replicas are in several processes, behind the interface of one.
 *
 * @module
 */
import { sessionPositions } from "../model/model_spec.ts";
import type { ReplicaModel } from "../model/replica.ts";
import type {
  DiffusionModel,
  ModelSession,
  ModelSpec,
} from "../model/types.ts";
import { type Communicator, COORDINATOR } from "./communicator.ts";
import { MeshError } from "./errors.ts";
import type { MpiGroup } from "./mpi_group.ts";
import type { MpiJob } from "./mpi_job.ts";
import type { MpiMesh } from "./mpi_mesh.ts";
import { serveMpiRank } from "./mpi_rank.ts";
import { MpiRanks } from "./mpi_ranks.ts";
import { type RoundOptions, roundRules } from "./protocols.ts";
import { BranchParallelSession } from "./session.ts";

/** How a model works over the ranks of a job. */
export interface MpiModelOptions extends RoundOptions, MpiJob {
  /** The mesh over the job's ranks. */
  readonly mesh: MpiMesh;
  /**
   * Whether this process's device leaves the event loop free: then its rank begins a round at once, and steps can be handed on
   * while all ranks compute. Default false.
   */
  readonly concurrent?: boolean;
  /** Puts something between this process's rank and the others; for tests. */
  readonly intercept?: (communicator: Communicator) => Communicator;
}

/** A model over the ranks of a job, seen from process 0; a decoder cannot tell it from one on one device. */
export class MpiModel implements DiffusionModel, AsyncDisposable {
  /** What decoding needs to know of the model. */
  readonly spec: ModelSpec;
  readonly #options: MpiModelOptions;
  readonly #rounds = { last: 0 };
  readonly #coordinator: Communicator;
  readonly #served: Promise<void>;
  /** Rejects when this process's own rank cannot serve any more. */
  readonly #failed = Promise.withResolvers<never>();
  #busy = false;
  #closed = false;

  private constructor(replica: ReplicaModel, options: MpiModelOptions) {
    const { group, mesh, watch, intercept } = options;
    this.spec = replica.spec;
    this.#options = options;
    this.#coordinator = group.communicator(COORDINATOR);
    this.#served = serveMpiRank({
      ...{ group, mesh, watch },
      model: replica,
      ...(intercept ? { intercept } : {}),
    });
    this.#failed.promise.catch(() => {}); // heard by forwards
    this.#served.catch((error) => this.#failed.reject(error));
  }

  /**
   * Takes the lead of a job. All ranks must come here or to {@linkcode followMpiModel} with a replica of the same model, or with
   * their shards of it.
   *
   * @throws {MeshError} In another process than that of rank 0, or when the ranks hold different models.
   */
  static async lead(
    replica: ReplicaModel,
    options: MpiModelOptions,
  ): Promise<MpiModel> {
    const { group } = options;
    if (group.rank !== 0) {
      throw new MeshError(
        `rank ${group.rank} given; rank 0 leads, others follow: call followMpiModel`,
      );
    }
    await requireSameModel(replica, group);
    return new MpiModel(replica, options);
  }

  /**
   * Opens a session for one sequence, with a cache on every rank; one at a time.
   *
   * @throws {TypeError} While another session is open, or when the model is closed.
   */
  open(options: { readonly maxPositions?: number } = {}): ModelSession {
    if (this.#busy || this.#closed) {
      throw new TypeError(
        this.#closed
          ? "this model is closed"
          : "a session is open on these ranks; close it before you open another",
      );
    }
    const { watch, mesh, concurrent = false } = this.#options;
    const { protocol, timeoutMs } = roundRules(this.#options);
    const maxPositions = sessionPositions(this.spec, options.maxPositions);
    this.#busy = true;
    const inner = this.#coordinator;
    const failed = this.#failed.promise;
    return new BranchParallelSession({
      ...{ spec: this.spec, protocol, maxPositions, concurrent },
      rounds: this.#rounds,
      pool: {
        form: (after) =>
          new MpiRanks({
            open: {
              ...{ kind: "open", protocol: protocol.name },
              ...{ maxPositions, timeoutMs, after },
            },
            ...{ watch, mesh: mesh.sizes, concurrent },
            communicator: {
              ...inner,
              receive: () => Promise.race([inner.receive(), failed]),
            },
            onClosed: () => this.#busy = false,
            onFailed: () => this.#closed = true,
          }),
        lose: ({ error }) => {
          throw error;
        },
        restore: () => {},
      },
    });
  }

  /** Lets the ranks go; close the session first. The replicas and the job itself are left to their owners. Idempotent. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    for (let rank = 0; rank < this.#coordinator.size; rank++) {
      await this.#coordinator.send(rank, { kind: "quit" });
    }
    await this.#served;
  }

  /** Same as {@linkcode MpiModel.close}. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

/**
 * Serves as a rank until process 0 closes its model.
 *
 * @throws {MeshError} When the ranks hold different models.
 * @throws {RankError} When another rank is silent for too long.
 */
export async function followMpiModel(
  replica: ReplicaModel,
  options: Pick<MpiModelOptions, "group" | "mesh" | "watch" | "intercept">,
): Promise<void> {
  await requireSameModel(replica, options.group);
  await serveMpiRank({ ...options, model: replica });
}

/** Compares digests over all ranks. */
async function requireSameModel(
  { spec }: ReplicaModel,
  group: MpiGroup,
): Promise<void> {
  const codes = Float64Array.from(
    spec.digest,
    (character) => character.codePointAt(0)!,
  );
  const all = await group.communicator().allGather(codes);
  const digests = all.map((own) => String.fromCodePoint(...own));
  const other = digests.findIndex((digest) => digest !== digests[0]);
  if (other < 0) return;
  throw new MeshError(
    `rank 0 holds the model ${digests[0]}, rank ${other} ${
      digests[other]
    }; the same model is wanted on all hosts`,
  );
}
