/**
 * Replicas at work on one sequence: a session on each, a rank that serves each, and the round over all of them.
 *
 * @module
 */
import type { ReplicaModel, ReplicaSession } from "../model/replica.ts";
import type { Predictions } from "../model/types.ts";
import { type Communicator, COORDINATOR } from "./communicator.ts";
import { Coordinator, MemberFailure } from "./coordinator.ts";
import { GroupAbortedError } from "./errors.ts";
import { InProcessGroup } from "./in_process.ts";
import type { CacheProtocol, RoundOrder } from "./protocol.ts";
import { type PhaseListener, progressOf } from "./phase_clock.ts";
import {
  type AnswerMessage,
  openReplica,
  type RankProgress,
  serveRank,
} from "./rank.ts";
import type { RankGroup } from "./session.ts";

/** A replica and the number that errors call it by. */
export interface GroupMember {
  readonly rank: number;
  readonly model: ReplicaModel;
}

/** How a group works. */
export interface GroupOptions {
  readonly protocol: CacheProtocol;
  readonly maxPositions: number;
  /** Longest a round may take. */
  readonly timeoutMs: number;
  /** Rounds up to this one are over. */
  readonly after: number;
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

/** Replicas of this process at work on one sequence. */
export class LocalRanks implements RankGroup {
  readonly #options: GroupOptions;
  readonly #group: InProcessGroup;
  readonly #coordinator: Coordinator;
  readonly #seats: Seat[] = [];

  /**
   * Opens a session on every member and starts its rank.
   *
   * @throws {MemberFailure} When a member cannot open one.
   */
  constructor(
    members: readonly GroupMember[],
    options: GroupOptions,
  ) {
    this.#options = options;
    this.#group = new InProcessGroup(members.length);
    const { send, receive } = this.#group.communicator(COORDINATOR);
    this.#coordinator = new Coordinator({
      timeoutMs: options.timeoutMs,
      give: async (orders) => {
        for (const [seat, order] of orders.entries()) {
          const message = { kind: "order", order };
          await send(seat, message);
        }
      },
      receive,
      progressOf: (seat) => this.#seats[seat]!.progress,
      numberOf: (seat) => this.#seats[seat]!.member.rank,
    });
    try {
      members.forEach((member, seat) =>
        this.#seats.push(this.#seat(member, seat))
      );
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** Number of replicas. */
  get ranks(): number {
    return this.#seats.length;
  }

  /** Sessions by rank, for looking into. */
  get sessions(): readonly ReplicaSession[] {
    return this.#seats.map(({ session }) => session);
  }

  /** Runs a round; once it has failed, the group cannot be used any more. */
  async run(
    orders: readonly RoundOrder[],
  ): Promise<readonly (Predictions | null)[]> {
    try {
      const answers = await this.#coordinator.run(orders);
      return answers.map((answer, seat) =>
        placed(answer, this.#seats[seat]!.member.rank)
      );
    } catch (error) {
      this.#group.abort(error);
      throw error;
    }
  }

  /**
   * Ends all ranks and frees their sessions: at once where a rank is idle, else as soon as it comes back. Idempotent.
   *
   * @returns Settles when every session is freed; never, if a device hangs.
   */
  close(): Promise<void> {
    this.#coordinator.close();
    this.#group.abort(new Error("the session was closed"));
    for (const { progress, session } of this.#seats) {
      if (progress.phase === "order") session.close();
    }
    return Promise.all(this.#seats.map(({ served }) => served)).then(() => {});
  }

  #seat(member: GroupMember, seat: number): Seat {
    const { protocol, intercept, after, onPhase } = this.#options;
    const session = this.#open(member);
    const progress = progressOf(member.rank, onPhase);
    const own = this.#group.communicator(seat);
    const communicator = intercept?.(own, member.rank) ?? own;
    const served = serveRank({
      ...{ communicator, session, protocol, progress, after },
    })
      .catch((error) => this.#lost(seat, error))
      .finally(() => session.close());
    return { member, session, progress, served };
  }

  #open({ rank, model }: GroupMember): ReplicaSession {
    try {
      return openReplica(model, { ...this.#options, rank });
    } catch (error) {
      throw new MemberFailure({ rank, phase: "order" }, error);
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
