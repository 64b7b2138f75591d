/**
 * One sequence over the ranks of a job of MPI: an ordinary session, to which a decoder talks as if it were one device.
 *
 * @module
 */
import {
  afterForward,
  applyCacheOperations,
  type CacheState,
  EMPTY_CACHE,
} from "../model/cache_state.ts";
import { checkRequest } from "../model/request_rules.ts";
import type {
  ForwardRequest,
  ModelSession,
  ModelSpec,
  Predictions,
} from "../model/types.ts";
import { planWindow } from "../model/window_plan.ts";
import type { Communicator, Message } from "./communicator.ts";
import { RankError } from "./errors.ts";
import { startGather, stepGather } from "./gather.ts";
import { placeOf, type RankMesh } from "./mesh.ts";
import type { SessionMessage } from "./mpi_rank.ts";
import type { RankWatch } from "./mpi_watch.ts";
import type { CacheProtocol, Placement, RoundOrder } from "./protocol.ts";
import type { AnswerMessage } from "./rank.ts";
import { joinShares } from "./shares.ts";

/** What a session works with. */
export interface MpiSessionParts {
  readonly spec: ModelSpec;
  readonly protocol: CacheProtocol;
  readonly maxPositions: number;
  readonly timeoutMs: number;
  /** The mesh over the ranks. */
  readonly mesh: RankMesh;
  /** The coordinator's. */
  readonly communicator: Communicator;
  readonly watch: RankWatch;
  /** Counts rounds over all sessions of the job. */
  readonly rounds: { last: number };
  /** Called once when it is closed. */
  readonly onClosed: () => void;
  /** Called when a round failed: the ranks may wait for each other for ever. */
  readonly onFailed: () => void;
}

/** Cached ranges from which on a branch may see more separate ranges than the kernels take. */
const MANY_RANGES = 2;

/** A session over the ranks of a job. */
export class MpiSession implements ModelSession {
  readonly #parts: MpiSessionParts;
  #state: CacheState = EMPTY_CACHE;
  #placement: Placement = [];
  #unusable: string | null = null;
  #opened = false;
  #closed = false;

  /** Use `MpiModel.open`. */
  constructor(parts: MpiSessionParts) {
    this.#parts = parts;
  }

  /**
   * Runs one forward over all ranks. Requests must be made one after another, each when the one before is answered.
   *
   * @throws {RequestError} As a session on one device does. Nothing was computed and no cache was changed.
   * @throws {ProtocolError} On a request that the cache protocol cannot serve. Nothing was computed.
   * @throws {RankError} When a rank fails or takes longer than the limit: the job cannot go on.
   */
  async forward(request: ForwardRequest): Promise<Predictions> {
    if (this.#unusable) {
      throw new TypeError(`this session ${this.#unusable}; open another`);
    }
    const { spec, maxPositions, protocol, rounds, mesh } = this.#parts;
    const { state } = applyCacheOperations(this.#state, request.cache);
    checkRequest(request, { spec, maxPositions, cache: state });
    if (request.cached.length >= MANY_RANGES) {
      planWindow(request, { shift: spec.shift });
    }
    protocol.check(request);
    this.#unusable = "is still busy with the last forward, or failed in it";
    const after = rounds.last;
    const { orders, placement, answers } = protocol.plan({
      round: ++rounds.last,
      ranks: mesh.bp,
      request,
      placement: this.#placement,
    });
    const shares = await this.#run(orders, after);
    this.#placement = placement;
    this.#state = afterForward(state, request);
    this.#unusable = null;
    return joinShares(request, { answers, shares });
  }

  /** Lets all ranks free what they hold. Idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#unusable = "is closed";
    const { communicator } = this.#parts;
    for (let rank = 0; this.#opened && rank < communicator.size; rank++) {
      // Begun at once, so that nothing overtakes it.
      communicator.send(rank, { kind: "stop" }).catch(() => {}); // the job is over
    }
    this.#parts.onClosed();
  }

  /** Gives every shard of every replica its order, and gathers the answers of the replicas. */
  async #run(
    orders: readonly RoundOrder[],
    after: number,
  ): Promise<readonly (Predictions | null)[]> {
    const { communicator, timeoutMs, mesh } = this.#parts;
    const answers: (Predictions | null)[] = orders.map(() => null);
    let state = startGather(orders[0]!.round, communicator.size);
    const deadline = Promise.withResolvers<never>();
    deadline.promise.catch(() => {}); // heard only while a message is awaited
    const timer = setTimeout(() => {
      deadline.reject(this.#lateRank(state.waiting));
    }, timeoutMs);
    const inTime = <T>(event: Promise<T>): Promise<T> =>
      Promise.race([event, deadline.promise]);
    try {
      if (!this.#opened) await inTime(this.#open(after));
      await inTime(
        this.#toAll((rank) => ({
          kind: "order",
          order: orders[placeOf(rank, mesh).branch]!,
        })),
      );
      while (state.waiting.length > 0) {
        const message = await inTime(communicator.receive()) as
          & Message
          & AnswerMessage;
        const { accepted, state: next } = stepGather(state, {
          rank: message.rank,
          round: message.round ?? state.round,
        });
        if (!accepted) continue;
        if (message.kind === "failed") throw failureOf(message);
        const { branch, shard } = placeOf(message.rank, mesh);
        if (shard === 0) answers[branch] = elsewhere(message.predictions);
        state = next;
      }
      return answers;
    } catch (error) {
      this.#parts.onFailed();
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  async #open(after: number): Promise<void> {
    const { maxPositions, protocol: { name }, timeoutMs } = this.#parts;
    this.#opened = true;
    const open: SessionMessage = {
      kind: "open",
      maxPositions,
      protocol: name,
      timeoutMs,
      after,
    };
    await this.#toAll(() => open);
  }

  /** Sends to all ranks, the one of this process last: it may keep the event loop from turning. */
  async #toAll(
    messageTo: (rank: number) => Message & Record<string, unknown>,
  ): Promise<void> {
    const { communicator } = this.#parts;
    const others = Array.from(
      { length: communicator.size - 1 },
      (_, other) => communicator.send(other + 1, messageTo(other + 1)),
    );
    await Promise.all(others);
    await communicator.send(0, messageTo(0));
  }

  /** Of the ranks that have not answered in time, one that waits for no other. */
  #lateRank(waiting: readonly number[]): RankError {
    const { watch, timeoutMs } = this.#parts;
    const idle = (rank: number) => {
      const { waitingFor } = watch.placeOf(rank);
      if (waitingFor === "all") return waiting.length === 1;
      return waitingFor === null || !waiting.includes(waitingFor);
    };
    const rank = waiting.find(idle) ?? waiting[0]!;
    const { phase } = watch.placeOf(rank);
    return new RankError({ rank, phase }, `no answer within ${timeoutMs} ms`);
  }
}

/** Predictions of another process, whose clock is its own. */
function elsewhere(predictions: Predictions | null): Predictions | null {
  return predictions && { ...predictions, work: [] };
}

function failureOf(
  { rank, phase, error }: AnswerMessage & { readonly kind: "failed" },
): RankError {
  const what = error instanceof Error ? error.message : String(error);
  return new RankError({ rank, phase }, what, { cause: error });
}
