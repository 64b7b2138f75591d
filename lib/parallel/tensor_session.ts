/**
 * One sequence on a model that is divided over devices.
 *
 * @module
 */
import { type DeviceGroup, EngineError } from "../engine/mod.ts";
import {
  afterForward,
  afterImport,
  applyCacheOperations,
  type CacheState,
  checkStaged,
  EMPTY_CACHE,
} from "../model/cache_state.ts";
import { RequestError } from "../model/errors.ts";
import { joinFloats } from "../model/float_types.ts";
import type {
  CommittedRows,
  ReplicaSession,
  StagedChoice,
} from "../model/replica.ts";
import {
  readCachedRows,
  readStagedRows,
  replicaElements,
  writeCachedRows,
} from "../model/replica_memory.ts";
import { rowCopies } from "../model/row_copies.ts";
import { checkRequest } from "../model/request_rules.ts";
import type {
  CacheOperation,
  ForwardRequest,
  ModelSpec,
  Predictions,
} from "../model/types.ts";
import { GroupAbortedError, RankError } from "./errors.ts";
import type { Communicator } from "./communicator.ts";
import { InProcessGroup } from "./in_process.ts";
import {
  runShard,
  type SessionShard,
  shardAnswer,
  shardJob,
} from "./shard_run.ts";

const BUSY = "is still busy with the last forward, or failed in it";

/** A session over the shards of a model. */
export class TensorParallelSession implements ReplicaSession {
  readonly #shards: readonly SessionShard[];
  readonly #spec: ModelSpec;
  readonly #maxPositions: number;
  readonly #firstRank: number;
  readonly #group: InProcessGroup;
  readonly #devices: DeviceGroup | null;
  readonly #communicators: readonly Communicator[];
  #state: CacheState = EMPTY_CACHE;
  #stagedRows: readonly number[] = [];
  #unusable: string | null = null;

  /** Use `TensorParallelModel.open`. */
  constructor(
    shards: readonly SessionShard[],
    options: {
      readonly spec: ModelSpec;
      readonly maxPositions: number;
      readonly firstRank: number;
      /** The shards' devices as they add up, where there are several; destroyed with the session. */
      readonly devices: DeviceGroup | null;
    },
  ) {
    this.#shards = shards;
    this.#spec = options.spec;
    this.#maxPositions = options.maxPositions;
    this.#firstRank = options.firstRank;
    this.#devices = options.devices;
    this.#group = new InProcessGroup(shards.length);
    this.#communicators = shards.map((_, shard) =>
      this.#group.communicator(shard)
    );
  }

  /**
   * Runs one forward on all shards.
   *
   * @throws {RequestError} As on one device.
   * @throws {RankError} When a shard fails; its cause says why.
   */
  async forward(request: ForwardRequest): Promise<Predictions> {
    this.#requireUsable();
    const { state, copies } = applyCacheOperations(this.#state, request.cache);
    checkRequest(request, {
      spec: this.#spec,
      maxPositions: this.#maxPositions,
      cache: state,
    });
    const spec = this.#spec;
    const job = shardJob(request, {
      ...{ spec, copies, stagedRows: this.#stagedRows },
    });
    this.#unusable = BUSY;
    const results = await this.#together((shard) =>
      runShard(this.#shards[shard]!, job, {
        ...{ spec, communicator: this.#communicators[shard]! },
      })
    );
    this.#unusable = null;
    this.#state = afterForward(state, request);
    this.#stagedRows = job.window.stagedRows;
    return shardAnswer(job, results, spec);
  }

  /** Applies cache operations without a forward. */
  async apply(operations: readonly CacheOperation[]): Promise<void> {
    this.#requireUsable();
    const { state, copies } = applyCacheOperations(this.#state, operations);
    this.#unusable = BUSY;
    const run = rowCopies(copies, this.#stagedRows);
    await this.#together((shard) => this.#shards[shard]!.plans.commit(run));
    this.#unusable = null;
    this.#state = state;
  }

  /** Reads staged rows into host memory, shard by shard. */
  readStaged(choice: StagedChoice): Float32Array {
    this.#requireUsable();
    const { branch, rows, boundary } = checkStaged(this.#state, choice);
    const row = this.#stagedRows[branch]!;
    return joinFloats(
      this.#shards.map(({ plans }) =>
        readStagedRows(plans.memory, { row, rows, boundary })
      ),
    );
  }

  /** Elements that `readStaged` gives for so many rows. */
  stagedElements(
    size: { readonly rows: number; readonly boundary: boolean },
  ): number {
    return this.#shards.reduce(
      (sum, { layout }) => sum + replicaElements(layout.config, size),
      0,
    );
  }

  /** Writes rows that another replica, divided in the same way, read. */
  writeCommitted(place: CommittedRows, values: Float32Array): void {
    this.#requireUsable();
    const state = afterImport(this.#state, place, {
      maxPositions: this.#maxPositions,
    });
    const wanted = this.stagedElements(place);
    if (values.length !== wanted) {
      throw new RequestError(
        "values",
        `${values.length} elements given; ${place.rows} rows of this model take ${wanted}`,
      );
    }
    let at = 0;
    for (const { layout, plans } of this.#shards) {
      const end = at + replicaElements(layout.config, place);
      const part = values.subarray(at, end);
      writeCachedRows(plans.memory, { ...place, row: place.start }, part);
      at = end;
    }
    this.#state = state;
  }

  /** Reads everything that positions hold, then the boundary row, shard by shard. */
  readReplica(
    { start, end }: { readonly start: number; readonly end: number },
  ): Float32Array {
    const rows = { row: start, rows: end - start };
    return joinFloats(
      this.#shards.map(({ plans }) => readCachedRows(plans.memory, rows)),
    );
  }

  /** Frees the session's memory on all devices. Idempotent. */
  close(): void {
    this.#unusable = "is closed";
    this.#group.abort(new Error("the session was closed"));
    this.#devices?.destroy();
    for (const { plans } of this.#shards) plans.close();
  }

  #requireUsable(): void {
    if (this.#unusable) {
      throw new TypeError(`this session ${this.#unusable}; open another`);
    }
  }

  /** Runs something on all shards at once; where one fails the others are let go. */
  async #together<T>(run: (shard: number) => Promise<T>): Promise<T[]> {
    const settled = await Promise.allSettled(this.#shards.map(
      async (_, shard) => {
        try {
          return await run(shard);
        } catch (error) {
          if (error instanceof GroupAbortedError) throw error;
          if (error instanceof EngineError && error.status === "ABORTED") {
            throw new GroupAbortedError(error);
          }
          const what = error instanceof Error ? error.message : String(error);
          const rank = this.#firstRank + shard;
          const at = { rank, phase: "pre-write" } as const;
          const failure = new RankError(at, what, { cause: error });
          this.#group.abort(failure);
          this.#devices?.abort();
          throw failure;
        }
      },
    ));
    const failures = settled.filter((one) => one.status === "rejected").map(
      ({ reason }) => reason,
    );
    const own = failures.find((reason) => reason instanceof RankError);
    if (failures.length > 0) throw own ?? failures[0];
    return settled.flatMap((one) =>
      one.status === "fulfilled" ? [one.value] : []
    );
  }
}
