/**
 * A rank at work: takes orders from the coordinator, follows the protocol's state machine, and carries out its effects on a replica
 * of the model and a communicator.
 *
 * @module
 */
import type { PageOptions } from "../model/cache_pages.ts";
import type { ReplicaModel, ReplicaSession } from "../model/replica.ts";
import type { CacheOperation, Predictions } from "../model/types.ts";
import {
  type Communicator,
  COORDINATOR,
  type Message,
} from "./communicator.ts";
import { RankError, type RankPhase } from "./errors.ts";
import {
  type CacheProtocol,
  type Exchange,
  type RankEffect,
  type RankEvent,
  type RankState,
  type RoundOrder,
  startRank,
} from "./protocol.ts";

/** A message to a rank. */
export type RankMessage =
  | { readonly kind: "order"; readonly order: RoundOrder }
  | { readonly kind: "stop" };

/** A message to the coordinator. */
export type AnswerMessage =
  | {
    readonly kind: "answer";
    readonly rank: number;
    readonly round: number;
    /** `null` from a rank that had nothing to compute. */
    readonly predictions: Predictions | null;
  }
  | {
    readonly kind: "failed";
    readonly rank: number;
    /** `null` from a rank that ended without a word. */
    readonly round: number | null;
    readonly phase: RankPhase;
    readonly error: unknown;
  };

/** What a rank is doing, for whoever must say why a round does not end. */
export interface RankProgress {
  phase: RankPhase;
  /** Rank whose rows it waits for; `all` while it gives its own and not all have taken them. */
  waitingFor: number | "all" | null;
}

/** What a rank works with. */
export interface RankParts {
  readonly communicator: Communicator;
  readonly session: ReplicaSession;
  readonly protocol: CacheProtocol;
  readonly progress: RankProgress;
  /** Rounds up to this one are over. */
  readonly after: number;
}

/** Positions per page of a paged cache. */
const PAGES: PageOptions = { size: 16 };

/**
 * Opens a rank's session as the protocol wants it.
 *
 * @throws {RankError} Naming `rank`.
 */
export function openReplica(
  model: ReplicaModel,
  { maxPositions, protocol, rank }: {
    readonly maxPositions: number;
    readonly protocol: CacheProtocol;
    readonly rank: number;
  },
): ReplicaSession {
  try {
    return model.open({
      maxPositions,
      ...(protocol.paged ? { pages: PAGES } : {}),
    });
  } catch (cause) {
    if (cause instanceof RankError) throw cause;
    const what = cause instanceof Error ? cause.message : String(cause);
    throw new RankError({ rank, phase: "order" }, what, { cause });
  }
}

/** Serves orders until it is told to stop, or fails; a failure is told to the coordinator. */
export async function serveRank(parts: RankParts): Promise<void> {
  const { communicator, progress } = parts;
  const rank = new Rank(parts);
  while (true) {
    progress.phase = "order";
    const message = await communicator.receive() as Message & RankMessage;
    if (message.kind === "stop") return;
    const { order } = message;
    try {
      await rank.follow({ kind: "order", order });
    } catch (error) {
      const failed: AnswerMessage = {
        kind: "failed",
        rank: communicator.rank,
        round: order.round,
        phase: progress.phase,
        error,
      };
      await communicator.send(COORDINATOR, failed);
      return;
    }
  }
}

/** The interpreter of a rank's effects. */
class Rank {
  readonly #parts: RankParts;
  #state: RankState;
  /** Rows that came in, by index of their exchange. */
  #rows = new Map<number, Float32Array>();
  #predictions: Predictions | null = null;

  constructor(parts: RankParts) {
    this.#parts = parts;
    this.#state = startRank(parts.communicator.rank, parts);
  }

  /** Follows an event and all that comes of it. */
  async follow(event: RankEvent): Promise<void> {
    const { state, effects } = this.#parts.protocol.step(this.#state, event);
    this.#state = state;
    for (const effect of effects) await this.#carryOut(effect);
  }

  async #carryOut(effect: RankEffect): Promise<void> {
    const { communicator, progress } = this.#parts;
    switch (effect.kind) {
      case "publish":
      case "collect": {
        progress.phase = "commit";
        const { exchange, round } = effect;
        this.#rows.set(exchange.index, await this.#exchange(exchange));
        return await this.follow({
          kind: "rows",
          round,
          index: exchange.index,
        });
      }
      case "compute": {
        await this.#compute(effect.order);
        return await this.follow({
          kind: "computed",
          round: effect.order.round,
        });
      }
      case "answer": {
        progress.phase = "answer";
        const answer: AnswerMessage = {
          kind: "answer",
          rank: communicator.rank,
          round: effect.round,
          predictions: this.#predictions,
        };
        return await communicator.send(COORDINATOR, answer);
      }
    }
  }

  /** The rows of an exchange, on every rank. */
  async #exchange(exchange: Exchange): Promise<Float32Array> {
    const { communicator, session, progress } = this.#parts;
    const { owner } = exchange;
    if (owner === communicator.rank) {
      const rows = session.readStaged(exchange);
      requireNumbers(rows);
      await communicator.broadcast(owner, rows);
      return rows;
    }
    const rows = new Float32Array(session.stagedElements(exchange));
    progress.waitingFor = owner;
    await communicator.broadcast(owner, rows);
    progress.waitingFor = null;
    return rows;
  }

  /** Brings the cache up to date and computes the share. */
  async #compute({ operations, work }: RoundOrder): Promise<void> {
    const { session, progress } = this.#parts;
    progress.phase = "commit";
    let own: CacheOperation[] = [];
    for (const operation of operations) {
      if (operation.kind !== "exchange") {
        own.push(operation);
        continue;
      }
      if (own.length > 0) await session.apply(own);
      own = [];
      const { exchange } = operation;
      session.writeCommitted(exchange, this.#rows.get(exchange.index)!);
    }
    this.#rows.clear();
    this.#predictions = null;
    if (work !== null) {
      progress.phase = "pre-write";
      this.#predictions = await session.forward({ ...work, cache: own });
      requireFinite(this.#predictions);
    } else if (own.length > 0) await session.apply(own);
  }
}

function requireNumbers(rows: Float32Array): void {
  const bad = rows.findIndex((value) => !Number.isFinite(value));
  if (bad < 0) return;
  throw new RangeError(
    `element ${bad} of the rows to be committed is ${rows[bad]}`,
  );
}

function requireFinite({ branches }: Predictions): void {
  for (const [b, { probability, margin, negEntropy }] of branches.entries()) {
    for (const values of [probability, margin, negEntropy]) {
      const bad = values.findIndex((value) => !Number.isFinite(value));
      if (bad < 0) continue;
      throw new RangeError(
        `prediction ${bad} of branch ${b} of its share is ${values[bad]}`,
      );
    }
  }
}
