/**
 * Replicas at work on one sequence: a session on each, a rank that serves each, and the round over all of them.
 *
 * @module
 */
import type { PageOptions } from "../model/cache_pages.ts";
import type { ReplicaModel, ReplicaSession } from "../model/replica.ts";
import type { Predictions } from "../model/types.ts";
import {
  type Communicator,
  COORDINATOR,
  type Message,
} from "./communicator.ts";
import { RoundDeadline } from "./deadline.ts";
import { GroupAbortedError, RankError } from "./errors.ts";
import { startGather, stepGather } from "./gather.ts";
import { InProcessGroup } from "./in_process.ts";
import type { CacheProtocol, RoundOrder } from "./protocol.ts";
import { type PhaseListener, progressOf } from "./phase_clock.ts";
import { type AnswerMessage, type RankProgress, serveRank } from "./rank.ts";

/** A replica and the number that errors call it by. */
export interface GroupMember {
  readonly rank: number;
  readonly model: ReplicaModel;
}

/** A member of a group failed, and with it the group. */
export class MemberFailure extends Error {
  /** Number of the member; the error may name one of its shards. */
  readonly rank: number;
  /** What happened. */
  readonly error: RankError;

  /** Wraps what happened to the member `rank`. */
  constructor(rank: number, error: RankError) {
    super(error.message, { cause: error });
    this.rank = rank;
    this.error = error;
  }
}

/** How a group works. */
export interface GroupOptions {
  readonly protocol: CacheProtocol;
  readonly maxPositions: number;
  /** Longest a round may take. */
  readonly timeoutMs: number;
  /** Puts something between a rank and the others; for tests. */
  readonly intercept?: (
    communicator: Communicator,
    rank: number,
  ) => Communicator;
  /** Told whenever a rank enters a phase. */
  readonly onPhase?: PhaseListener;
}

/** One rank of the group. */
interface Seat {
  readonly member: GroupMember;
  readonly session: ReplicaSession;
  readonly progress: RankProgress;
  readonly served: Promise<void>;
}

/** Positions per page of a paged cache. */
export const PAGES: PageOptions = { size: 16 };

/** Ranks of one sequence. */
export class RankGroup {
  readonly #options: GroupOptions & { readonly after: number };
  readonly #group: InProcessGroup;
  readonly #coordinator: Communicator;
  readonly #seats: Seat[] = [];
  readonly #deadline = new RoundDeadline();

  /** Opens a session on every member and starts its rank; rounds up to `after` are over. */
  constructor(
    members: readonly GroupMember[],
    options: GroupOptions & { readonly after: number },
  ) {
    this.#options = options;
    this.#group = new InProcessGroup(members.length);
    this.#coordinator = this.#group.communicator(COORDINATOR);
    try {
      members.forEach((member, seat) =>
        this.#seats.push(this.#seat(member, seat))
      );
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** Sessions by rank, for looking into. */
  get sessions(): readonly ReplicaSession[] {
    return this.#seats.map(({ session }) => session);
  }

  /**
   * Gives every rank its order and gathers the answers.
   *
   * @returns For each rank its predictions, `null` where it had nothing to compute.
   * @throws {MemberFailure} When a rank fails, or the round takes too long; the group cannot be used any more.
   */
  async run(
    orders: readonly RoundOrder[],
  ): Promise<readonly (Predictions | null)[]> {
    const { round } = orders[0]!;
    const answers: (Predictions | null)[] = orders.map(() => null);
    let state = startGather(round, orders.length);
    const late = this.#deadline.begin(
      this.#options.timeoutMs,
      () => this.#lateRank(state.waiting),
    );
    try {
      for (const [seat, order] of orders.entries()) {
        const message = { kind: "order", order };
        await this.#coordinator.send(seat, message);
      }
      while (state.waiting.length > 0) {
        const message = await Promise.race([
          this.#coordinator.receive(),
          late,
        ]) as Message & AnswerMessage;
        const { accepted, state: next } = stepGather(state, {
          rank: message.rank,
          round: message.round ?? round,
        });
        if (!accepted) continue;
        if (message.kind === "failed") {
          const { rank } = this.#seats[message.rank]!.member;
          throw failureOf({ rank, phase: message.phase }, message.error);
        }
        const { member } = this.#seats[message.rank]!;
        answers[message.rank] = placed(message.predictions, member.rank);
        state = next;
      }
      return answers;
    } catch (error) {
      this.#group.abort(error);
      throw error;
    } finally {
      this.#deadline.end();
    }
  }

  /**
   * Ends all ranks and frees their sessions: at once where a rank is idle, else as soon as it comes back. Idempotent.
   *
   * @returns Settles when every session is freed; never, if a device hangs.
   */
  close(): Promise<void> {
    this.#deadline.close();
    this.#group.abort(new Error("the session was closed"));
    for (const { progress, session } of this.#seats) {
      if (progress.phase === "order") session.close();
    }
    return Promise.all(this.#seats.map(({ served }) => served)).then(() => {});
  }

  #seat(member: GroupMember, seat: number): Seat {
    const { protocol, maxPositions, intercept, after, onPhase } = this.#options;
    const session = this.#open(member, maxPositions);
    const progress = progressOf(member.rank, onPhase);
    const own = this.#group.communicator(seat);
    const communicator = intercept?.(own, member.rank) ?? own;
    const served = serveRank({
      communicator,
      session,
      protocol,
      progress,
      after,
    })
      .catch((error) => this.#lost(seat, error))
      .finally(() => session.close());
    return { member, session, progress, served };
  }

  #open({ rank, model }: GroupMember, maxPositions: number): ReplicaSession {
    try {
      return model.open({
        maxPositions,
        ...(this.#options.protocol.paged ? { pages: PAGES } : {}),
      });
    } catch (error) {
      throw failureOf({ rank, phase: "order" }, error);
    }
  }

  /** A rank that ended without an answer is reported in its place, as a launcher reports a dead process. */
  async #lost(rank: number, error: unknown): Promise<void> {
    if (error instanceof GroupAbortedError) return;
    const { phase } = this.#seats[rank]!.progress;
    const failed: AnswerMessage = {
      kind: "failed",
      rank,
      round: null,
      phase,
      error,
    };
    await this.#group.communicator(rank).send(COORDINATOR, failed).catch(
      () => {}, // given up meanwhile: nobody is left to be told
    );
  }

  /** Of the ranks that have not answered in time, one that waits for no other. */
  #lateRank(waiting: readonly number[]): MemberFailure {
    const idle = (seat: number) => {
      const { waitingFor } = this.#seats[seat]!.progress;
      return waitingFor === null || !waiting.includes(waitingFor);
    };
    const seat = waiting.find(idle) ?? waiting[0]!;
    const { member, progress } = this.#seats[seat]!;
    return failureOf(
      { rank: member.rank, phase: progress.phase },
      `no answer within ${this.#options.timeoutMs} ms`,
    );
  }
}

/** Predictions whose work is told by ranks of the mesh; `first`: the one of the member's first device. */
function placed(
  predictions: Predictions | null,
  first: number,
): Predictions | null {
  const work = predictions?.work?.map((stretch) => ({
    ...stretch,
    rank: first + (stretch.rank ?? 0),
  }));
  return work === undefined ? predictions : { ...predictions!, work };
}

function failureOf(
  at: Pick<RankError, "rank" | "phase">,
  cause: unknown,
): MemberFailure {
  const what = cause instanceof Error ? cause.message : String(cause);
  const error = cause instanceof RankError
    ? cause
    : new RankError(at, what, { cause });
  return new MemberFailure(at.rank, error);
}
