/**
 * One sequence over all ranks: an ordinary session, to which a decoder talks as if it were one device.
 *
 * @module
 */
import {
  afterForward,
  applyCacheOperations,
  type CacheState,
  EMPTY_CACHE,
} from "../model/cache_state.ts";
import { NonFiniteError, RequestError } from "../model/errors.ts";
import { checkRequest } from "../model/request_rules.ts";
import type {
  ForwardRequest,
  ModelSession,
  ModelSpec,
  Predictions,
} from "../model/types.ts";
import { planWindow } from "../model/window_plan.ts";
import type { ReplicaSession } from "../model/replica.ts";
import { MemberFailure } from "./coordinator.ts";
import { extendJournal, type Journal, replayOf } from "./journal.ts";
import type { CacheProtocol, Placement, RoundOrder } from "./protocol.ts";
import { joinShares } from "./shares.ts";

/** Ranks at work on one sequence, wherever they are. */
export interface RankGroup {
  /** Number of replicas. */
  readonly ranks: number;
  /** Sessions of those ranks that can be looked into from here, in their order. */
  readonly sessions: readonly ReplicaSession[];
  /**
   * Runs a round: one order for each replica.
   *
   * @returns For each replica its predictions, `null` where it had nothing to compute.
   * @throws {MemberFailure} When a rank fails, or the round takes too long.
   */
  run(
    orders: readonly RoundOrder[],
  ): Promise<readonly (Predictions | null)[]>;
  /** Lets all ranks free what they hold; settles when they have, where that can be seen from here. Idempotent. */
  close(): Promise<void>;
}

/** Where the ranks of a session come from, and what becomes of them when one fails. */
export interface RankPool {
  /** Begins a sequence on all ranks that have not failed so far; rounds up to `after` are over. */
  form(after: number): RankGroup;
  /**
   * Takes a rank out; what hangs in it ends, if it does, when `ended` settles.
   *
   * @throws {RankError} When the others cannot go on without it.
   */
  lose(failure: MemberFailure, ended: Promise<void>): void;
  /** Takes it back in. */
  restore(rank: number): void;
}

/** What a session over ranks works with. */
export interface ParallelParts {
  readonly spec: ModelSpec;
  readonly protocol: CacheProtocol;
  readonly maxPositions: number;
  readonly pool: RankPool;
  /** Whether forwards leave the event loop free. */
  readonly concurrent: boolean;
  /** Counts rounds. */
  readonly rounds: { last: number };
}

/** Cached ranges from which on a branch may see more separate ranges than the kernels take. */
const MANY_RANGES = 2;

/** A session over ranks: an ordinary one, and a look at all its caches. */
export interface ParallelSession extends ModelSession {
  /** What positions `[start, end)` and the boundary row hold on every rank of this process, for comparing them bit by bit. */
  readReplicas(
    range: { readonly start: number; readonly end: number },
  ): readonly Float32Array[];
}

/** A session over ranks. */
export class BranchParallelSession implements ParallelSession {
  /** Whether ranks compute on threads or in processes of their own, all of them. */
  readonly concurrent: boolean;
  readonly #parts: ParallelParts;
  #group: RankGroup;
  #state: CacheState = EMPTY_CACHE;
  #placement: Placement = [];
  #journal: Journal = [];
  #last: ForwardRequest | null = null;
  #unusable: string | null = null;

  /** Use `BranchParallelModel.open` or `MpiModel.open`. */
  constructor(parts: ParallelParts) {
    this.#parts = parts;
    this.concurrent = parts.concurrent;
    this.#group = parts.pool.form(parts.rounds.last);
  }

  /**
   * Runs one forward over all ranks. Requests must be made one after another, each when the one before is answered.
   *
   * A rank that dies, hangs or gives numbers that are none is left out from then on, where its pool can spare it: the others start
   * again from the journal of what was committed, and compute the round.
   *
   * @throws {RequestError} As a session on one device does. Nothing was computed and no cache was changed.
   * @throws {ProtocolError} On a request that the cache protocol cannot serve. Nothing was computed.
   * @throws {NonFiniteError} When the logits hold NaN or infinity on two ranks one after another: then no device is at fault.
   * @throws {RankError} When the last rank failed, or any rank without which the others cannot go on.
   */
  async forward(request: ForwardRequest): Promise<Predictions> {
    if (this.#unusable) {
      throw new TypeError(`this session ${this.#unusable}; open another`);
    }
    const state = this.#check(request);
    this.#unusable = "is still busy with the last forward, or failed in it";
    const predictions = await this.#runOrRecover(request);
    this.#unusable = null;
    this.#journal = extendJournal(this.#journal, request.cache, this.#last);
    this.#last = request;
    this.#state = afterForward(state, request);
    return predictions;
  }

  /** What positions and the boundary row hold on every rank of this process. */
  readReplicas(
    range: { readonly start: number; readonly end: number },
  ): readonly Float32Array[] {
    return this.#group.sessions.map((session) => session.readReplica(range));
  }

  /** Frees what the session holds on all ranks. Idempotent. */
  close(): void {
    this.#unusable = "is closed";
    this.#group.close();
  }

  #check(request: ForwardRequest): CacheState {
    const { spec, maxPositions, protocol } = this.#parts;
    const { state } = applyCacheOperations(this.#state, request.cache);
    checkRequest(request, { spec, maxPositions, cache: state });
    if (request.cached.length >= MANY_RANGES) {
      planWindow(request, { shift: spec.shift });
    }
    protocol.check(request);
    return state;
  }

  async #runOrRecover(request: ForwardRequest): Promise<Predictions> {
    const { pool, rounds } = this.#parts;
    let failed: MemberFailure | null = null;
    while (true) {
      try {
        if (failed === null) return await this.#run(request);
        this.#group = pool.form(rounds.last);
        this.#placement = [];
        return await this.#run(await this.#replay(request));
      } catch (failure) {
        if (!(failure instanceof MemberFailure)) throw failure;
        const { cause } = failure.error;
        if (cause instanceof RequestError) throw cause;
        if (
          cause instanceof NonFiniteError &&
          failed?.error.cause instanceof NonFiniteError
        ) {
          pool.restore(failed.rank);
          throw cause;
        }
        failed = failure;
        pool.lose(failure, this.#group.close());
      }
    }
  }

  async #run(request: ForwardRequest): Promise<Predictions> {
    const { protocol, rounds } = this.#parts;
    const { orders, placement, answers } = protocol.plan({
      round: ++rounds.last,
      ranks: this.#group.ranks,
      request,
      placement: this.#placement,
    });
    const shares = await this.#group.run(orders);
    this.#placement = placement;
    return joinShares(request, { answers, shares });
  }

  /** Brings the caches of a new group to where the request finds them; gives the request with the operations that remain. */
  async #replay(request: ForwardRequest): Promise<ForwardRequest> {
    const journal = extendJournal(this.#journal, request.cache, this.#last);
    const { forwards, rest } = replayOf(journal);
    for (const forward of forwards) {
      await this.#runEverywhere(forward);
    }
    return { ...request, cache: rest };
  }

  /** Runs the same forward on every rank, each of which then holds its rows. */
  async #runEverywhere({ cache, ...work }: ForwardRequest): Promise<void> {
    const order: RoundOrder = {
      round: ++this.#parts.rounds.last,
      operations: cache,
      work: { ...work, cache: [] },
    };
    await this.#group.run(Array(this.#group.ranks).fill(order));
    this.#placement = work.branches.map(({ start }, branch) => ({
      start,
      owner: null,
      branch,
    }));
  }
}
