/**
 * Several replicas of a model behind the interface of one: branches of a forward are scattered over them.
 *
 * @module
 */
import { Device, type DeviceOptions } from "../engine/mod.ts";
import { modelSpec, sessionPositions } from "../model/model_spec.ts";
import { NativeModel } from "../model/native_model.ts";
import type { ReplicaModel } from "../model/replica.ts";
import type { TensorSource } from "../model/tensor_source.ts";
import type { DiffusionModel, ModelSpec } from "../model/types.ts";
import type { Communicator } from "./communicator.ts";
import { MemberFailure } from "./coordinator.ts";
import { MeshError, type RankError } from "./errors.ts";
import {
  type GroupMember,
  type GroupOptions,
  LocalRanks,
} from "./local_ranks.ts";
import { checkMesh, rankAt, type RankMesh } from "./mesh.ts";
import type { PhaseListener } from "./phase_clock.ts";
import { type RoundOptions, roundRules } from "./protocols.ts";
import { BranchParallelSession, type ParallelSession } from "./session.ts";
import { TensorParallelModel } from "./tensor_parallel.ts";

/** How sessions over ranks work. */
export interface BranchParallelOptions extends RoundOptions {
  /** Told of a rank that failed and is left out from then on. */
  readonly onRankLost?: (error: RankError) => void;
  /** Puts something between a rank and the others; for tests. */
  readonly intercept?: (
    communicator: Communicator,
    rank: number,
  ) => Communicator;
  /** Told whenever a rank enters a phase, with the time: what timelines are made of. */
  readonly onPhase?: PhaseListener;
}

/** How a model is put on devices of this process. */
export interface CreateParallelOptions extends BranchParallelOptions {
  /** Default one rank. */
  readonly mesh: RankMesh;
  /** Threads of each device, `isa` and library. Default one thread. */
  readonly device?: DeviceOptions;
  /** Element type of the matrices. Default `f32`. */
  readonly dtype?: "f32" | "bf16";
}

/** A replica, and the devices that are closed with it. */
interface Replica extends GroupMember {
  readonly devices: readonly Device[];
}

/** A model on several ranks; a decoder cannot tell it from one on one device. */
export class BranchParallelModel implements DiffusionModel, AsyncDisposable {
  /** What decoding needs to know of the model. */
  readonly spec: ModelSpec;
  readonly #options: BranchParallelOptions;
  readonly #replicas: readonly Replica[];
  readonly #lost = new Map<number, RankError>();
  readonly #hanging = new Map<number, Promise<void>>();

  private constructor(
    replicas: readonly Replica[],
    options: BranchParallelOptions,
  ) {
    this.spec = replicas[0]!.model.spec;
    this.#replicas = replicas;
    this.#options = options;
  }

  /**
   * Takes replicas that exist already, and closes them with the model. They must hold the same weights, in the same type.
   *
   * @throws {MeshError} When there is none, or their weights are not the same.
   */
  static over(
    replicas: readonly ReplicaModel[],
    options: BranchParallelOptions = {},
  ): BranchParallelModel {
    const digests = new Set(replicas.map(({ spec }) => spec.digest));
    if (digests.size !== 1) {
      throw new MeshError(
        `${replicas.length} replicas of ${digests.size} different models given; at least one replica, all of one model, is wanted`,
      );
    }
    const members = replicas.map((model, rank) => ({
      rank,
      model,
      devices: [],
    }));
    return new BranchParallelModel(members, options);
  }

  /**
   * Puts a model on devices of its own, one per rank: `mesh.bp` replicas, each divided over `mesh.tp` devices. The source may be closed afterwards.
   *
   * @throws {MeshError} When the mesh does not fit the model.
   * @throws {NonFiniteError} Naming a tensor that holds NaN or infinity.
   */
  static async create(
    source: TensorSource,
    options: CreateParallelOptions,
  ): Promise<BranchParallelModel> {
    modelSpec(source);
    const mesh = checkMesh(options.mesh);
    const { dtype = "f32" } = options;
    const owned: Device[] = [];
    try {
      const members: Replica[] = [];
      for (let branch = 0; branch < mesh.bp; branch++) {
        const devices: Device[] = [];
        for (let shard = 0; shard < mesh.tp; shard++) {
          const device = await Device.open({
            ...{ threads: 1, concurrent: true },
            ...options.device,
          });
          owned.push(device);
          devices.push(device);
        }
        const rank = rankAt({ branch, shard: 0 }, mesh);
        const model = mesh.tp === 1
          ? await NativeModel.create(source, { device: devices[0]!, dtype })
          : await TensorParallelModel.create(source, {
            devices,
            dtype,
            firstRank: rank,
          });
        members.push({ rank, model, devices });
      }
      return new BranchParallelModel(members, options);
    } catch (error) {
      for (const device of owned) device.close();
      throw error;
    }
  }

  /** Ranks that failed, in the order in which they did. */
  get lost(): readonly RankError[] {
    return [...this.#lost.values()];
  }

  /**
   * Opens a session for one sequence, with a cache on every rank that has not failed.
   *
   * @throws {RankError} The last one, when no rank is left.
   */
  open(options: { readonly maxPositions?: number } = {}): ParallelSession {
    if (this.#members().length === 0) throw this.lost.at(-1)!;
    const { intercept, onPhase } = this.#options;
    const { protocol, timeoutMs } = roundRules(this.#options);
    const maxPositions = sessionPositions(this.spec, options.maxPositions);
    const group = {
      ...{ protocol, maxPositions, timeoutMs },
      ...(intercept ? { intercept } : {}),
      ...(onPhase ? { onPhase } : {}),
    };
    return new BranchParallelSession({
      ...{ spec: this.spec, protocol, maxPositions, concurrent: true },
      rounds: { last: 0 },
      pool: {
        form: (after) => this.#form({ ...group, after }),
        lose: (failure, ended) => this.#lose(failure, ended),
        restore: (rank) => this.#lost.delete(rank),
      },
    });
  }

  /**
   * Frees all replicas; close the sessions first. A device that hangs is left alone until it comes back, if it does: nothing can
   * end a native call from outside. Idempotent.
   */
  close(): void {
    for (const { rank, model, devices } of this.#replicas) {
      const free = () => {
        model.close();
        for (const device of devices) device.close();
      };
      const hanging = this.#hanging.get(rank);
      if (hanging === undefined) free();
      else hanging.then(free);
    }
  }

  /** Same as {@linkcode BranchParallelModel.close}. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.resolve();
    this.close();
  }

  #members(): readonly GroupMember[] {
    return this.#replicas.filter(({ rank }) => !this.#lost.has(rank));
  }

  /** A group of all ranks that are left and can open a session. */
  #form(options: GroupOptions): LocalRanks {
    while (true) {
      try {
        return new LocalRanks(this.#members(), options);
      } catch (failure) {
        if (!(failure instanceof MemberFailure)) throw failure;
        this.#lose(failure, Promise.resolve());
      }
    }
  }

  /** Goes on without a rank, if one is left. */
  #lose({ rank, error }: MemberFailure, ended: Promise<void>): void {
    this.#lost.set(rank, error);
    this.#hanging.set(rank, ended);
    ended.then(() => this.#hanging.delete(rank));
    this.#options.onRankLost?.(error);
    if (this.#members().length === 0) throw error;
  }
}
