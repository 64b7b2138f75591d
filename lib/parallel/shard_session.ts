/**
 * One shard of a divided model, whose other shards are in other processes: a replica as far as its cache goes.
 *
 * @module
 */
import type { Device } from "../engine/mod.ts";
import {
  afterForward,
  afterImport,
  applyCacheOperations,
  type CacheState,
  checkStaged,
  EMPTY_CACHE,
} from "../model/cache_state.ts";
import { RequestError } from "../model/errors.ts";
import {
  readCachedRows,
  readStagedRows,
  replicaElements,
  writeCachedRows,
} from "../model/replica_memory.ts";
import type {
  CommittedRows,
  ReplicaSession,
  StagedChoice,
} from "../model/replica.ts";
import { rowCopies } from "../model/row_copies.ts";
import { checkRequest } from "../model/request_rules.ts";
import type {
  CacheOperation,
  ForwardRequest,
  ModelSpec,
  Predictions,
} from "../model/types.ts";
import type { Communicator } from "./communicator.ts";
import {
  runShard,
  type SessionShard,
  shardAnswer,
  shardJob,
} from "./shard_run.ts";

const BUSY = "is still busy with the last forward, or failed in it";

/** A session of one shard. All shards of the replica must be asked the same at the same time. */
export class ShardSession implements ReplicaSession {
  readonly #shard: SessionShard;
  readonly #spec: ModelSpec;
  readonly #maxPositions: number;
  readonly #communicator: () => Communicator;
  #state: CacheState = EMPTY_CACHE;
  #stagedRows: readonly number[] = [];
  #unusable: string | null = null;

  /** Use `ShardModel.open`. */
  constructor(
    shard: SessionShard,
    options: {
      readonly spec: ModelSpec;
      readonly maxPositions: number;
      /** To the other shards. */
      readonly communicator: () => Communicator;
    },
  ) {
    this.#shard = shard;
    this.#spec = options.spec;
    this.#maxPositions = options.maxPositions;
    this.#communicator = options.communicator;
  }

  /** Runs this shard's part of a forward. Throws as a session on one device. */
  async forward(request: ForwardRequest): Promise<Predictions> {
    this.#requireUsable();
    const spec = this.#spec;
    const { state, copies } = applyCacheOperations(this.#state, request.cache);
    checkRequest(request, {
      ...{ spec, maxPositions: this.#maxPositions, cache: state },
    });
    const stagedRows = this.#stagedRows;
    const job = shardJob(request, { spec, copies, stagedRows });
    this.#unusable = BUSY;
    const communicator = this.#communicator();
    const result = await runShard(this.#shard, job, { communicator, spec });
    this.#unusable = null;
    this.#state = afterForward(state, request);
    this.#stagedRows = job.window.stagedRows;
    return shardAnswer(job, [result], spec);
  }

  /** Applies cache operations without a forward. */
  async apply(operations: readonly CacheOperation[]): Promise<void> {
    this.#requireUsable();
    const { state, copies } = applyCacheOperations(this.#state, operations);
    this.#unusable = BUSY;
    await this.#shard.plans.commit(rowCopies(copies, this.#stagedRows));
    this.#unusable = null;
    this.#state = state;
  }

  /** Reads staged rows of this shard into host memory. */
  readStaged(choice: StagedChoice): Float32Array {
    this.#requireUsable();
    const { branch, rows, boundary } = checkStaged(this.#state, choice);
    const row = this.#stagedRows[branch]!;
    return readStagedRows(this.#shard.plans.memory, { row, rows, boundary });
  }

  /** Elements that `readStaged` gives for so many rows. */
  stagedElements(
    size: { readonly rows: number; readonly boundary: boolean },
  ): number {
    return replicaElements(this.#shard.layout.config, size);
  }

  /** Writes rows that the same shard of another replica read. */
  writeCommitted(place: CommittedRows, values: Float32Array): void {
    this.#requireUsable();
    const state = afterImport(this.#state, place, {
      maxPositions: this.#maxPositions,
    });
    const wanted = this.stagedElements(place);
    if (values.length !== wanted) {
      throw new RequestError(
        "values",
        `${values.length} elements given; ${place.rows} rows of this shard take ${wanted}`,
      );
    }
    const { memory } = this.#shard.plans;
    writeCachedRows(memory, { ...place, row: place.start }, values);
    this.#state = state;
  }

  /** Reads everything that positions hold on this shard, then the boundary row. */
  readReplica(
    { start, end }: { readonly start: number; readonly end: number },
  ): Float32Array {
    const rows = { row: start, rows: end - start };
    return readCachedRows(this.#shard.plans.memory, rows);
  }

  /** Frees the session's memory. Idempotent. */
  close(): void {
    this.#unusable = "is closed";
    this.#shard.plans.close();
  }

  #requireUsable(): void {
    if (this.#unusable) {
      throw new TypeError(`this session ${this.#unusable}; open another`);
    }
  }
}

/** Where a shard lives. */
export interface ShardModelOptions {
  /** Stays open when the model is closed. */
  readonly device: Device;
  /** Element type of the matrices. Default `f32`. */
  readonly dtype?: "f32" | "bf16";
  /** Number of shards. */
  readonly tp: number;
  /** The one to hold. */
  readonly shard: number;
  /** To the other shards; asked for at every forward. */
  readonly communicator: () => Communicator;
}
