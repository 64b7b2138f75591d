/**
 * The coordinator's side of rounds: gives every rank its order and gathers the answers in bounded time, whatever carries them.
 *
 * @module
 */
import type { Predictions } from "../model/types.ts";
import type { Message } from "./communicator.ts";
import { RoundDeadline } from "./deadline.ts";
import { RankError } from "./errors.ts";
import { startGather, stepGather } from "./gather.ts";
import type { RoundOrder } from "./protocol.ts";
import type { AnswerMessage, RankProgress } from "./rank.ts";

/** A member of a group failed, and with it the group. */
export class MemberFailure extends Error {
  /** Number of the member; the error may name one of its shards. */
  readonly rank: number;
  /** What happened. */
  readonly error: RankError;

  /** Wraps what happened to the member `at.rank`: what it threw, or a text. */
  constructor(at: Pick<RankError, "rank" | "phase">, cause: unknown) {
    const what = cause instanceof Error ? cause.message : String(cause);
    const error = cause instanceof RankError
      ? cause
      : new RankError(at, what, { cause });
    super(error.message, { cause: error });
    this.rank = at.rank;
    this.error = error;
  }
}

/** How the coordinator reaches its ranks. */
export interface RankLinks {
  /** Longest that a round may take. */
  readonly timeoutMs: number;
  /** Gives every rank its order. */
  give(orders: readonly RoundOrder[]): Promise<void>;
  /** The next message of a rank. */
  receive(): Promise<Message>;
  /** What a rank is doing. */
  progressOf(rank: number): Readonly<RankProgress>;
  /** Number by which errors call a rank. */
  numberOf(rank: number): number;
}

/** Runs rounds one after another. */
export class Coordinator {
  readonly #links: RankLinks;
  readonly #deadline = new RoundDeadline();

  /** Takes the lead of the ranks behind `links`. */
  constructor(links: RankLinks) {
    this.#links = links;
  }

  /**
   * Runs a round.
   *
   * @returns For each rank its predictions, `null` where it had nothing to compute.
   * @throws {MemberFailure} When a rank fails, or the round takes too long.
   */
  async run(
    orders: readonly RoundOrder[],
  ): Promise<readonly (Predictions | null)[]> {
    const links = this.#links;
    const { round } = orders[0]!;
    const answers: (Predictions | null)[] = orders.map(() => null);
    let state = startGather(round, orders.length);
    const late = this.#deadline.begin(
      links.timeoutMs,
      () => this.#lateRank(state.waiting),
    );
    const inTime = <T>(event: Promise<T>): Promise<T> =>
      Promise.race([event, late]);
    try {
      await inTime(links.give(orders));
      while (state.waiting.length > 0) {
        const message = await inTime(links.receive()) as
          & Message
          & AnswerMessage;
        const { rank } = message;
        const { accepted, state: next } = stepGather(state, {
          rank,
          round: message.round ?? round,
        });
        if (!accepted) continue;
        if (message.kind === "failed") {
          throw this.#failureOf(rank, message.phase, message.error);
        }
        answers[rank] = message.predictions;
        state = next;
      }
      return answers;
    } finally {
      this.#deadline.end();
    }
  }

  /** Ends the work. Idempotent. */
  close(): void {
    this.#deadline.close();
  }

  /** Of the ranks that have not answered in time, one that waits for no other. */
  #lateRank(waiting: readonly number[]): MemberFailure {
    const { progressOf, timeoutMs } = this.#links;
    const idle = (rank: number) => {
      const { waitingFor } = progressOf(rank);
      if (waitingFor === "all") return waiting.length === 1;
      return waitingFor === null || !waiting.includes(waitingFor);
    };
    const rank = waiting.find(idle) ?? waiting[0]!;
    const { phase } = progressOf(rank);
    return this.#failureOf(rank, phase, `no answer within ${timeoutMs} ms`);
  }

  #failureOf(
    rank: number,
    phase: RankError["phase"],
    cause: unknown,
  ): MemberFailure {
    return new MemberFailure(
      { rank: this.#links.numberOf(rank), phase },
      cause,
    );
  }
}
