/**
 * One sequence on a model that is divided over devices: a session over those of its shards that live in this process.
 *
 * @module
 */
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
import { RankError } from "./errors.ts";
import type { ShardLinks } from "./shard_links.ts";
import {
  runShard,
  type SessionShard,
  shardAnswer,
  shardJob,
} from "./shard_run.ts";

const BUSY = "is still busy with the last forward, or failed in it";

/** A session over shards of a model. Where others live in other processes, all must be asked the same at the same time. */
export class TensorParallelSession implements ReplicaSession {
  readonly #shards: readonly SessionShard[];
  readonly #spec: ModelSpec;
  readonly #maxPositions: number;
  readonly #links: ShardLinks;
  #state: CacheState = EMPTY_CACHE;
  #stagedRows: readonly number[] = [];
  #unusable: string | null = null;

  /** Use `TensorParallelModel.open`. */
  constructor(
    shards: readonly SessionShard[],
    options: {
      readonly spec: ModelSpec;
      readonly maxPositions: number;
      /** Closed with the session. */
      readonly links: ShardLinks;
    },
  ) {
    this.#shards = shards;
    this.#spec = options.spec;
    this.#maxPositions = options.maxPositions;
    this.#links = options.links;
  }

  /**
   * Runs one forward on the shards.
   *
   * @throws {RequestError} As on one device.
   * @throws {RankError} When one of several shards fails; its cause says why. One alone throws what it meets.
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
    const results = await this.#together((shard, index) =>
      runShard(shard, job, {
        ...{ spec, communicator: this.#links.communicator(index) },
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
    await this.#together(({ plans }) => plans.commit(run));
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

  /** Frees the session's memory. Idempotent. */
  close(): void {
    this.#unusable = "is closed";
    this.#links.close();
    for (const { plans } of this.#shards) plans.close();
  }

  #requireUsable(): void {
    if (this.#unusable) {
      throw new TypeError(`this session ${this.#unusable}; open another`);
    }
  }

  /** Runs something on all local shards at once; where one fails the others are let go. */
  async #together<T>(
    run: (shard: SessionShard, index: number) => Promise<T>,
  ): Promise<T[]> {
    const settled = await Promise.allSettled(this.#shards.map(
      async (shard, index) => {
        try {
          return await run(shard, index);
        } catch (error) {
          throw this.#links.failed(index, error);
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
