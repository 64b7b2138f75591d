/**
 * The ranks of a job of MPI at work on one sequence, as the process of rank 0 leads them.
 *
 * @module
 */
import type { ReplicaSession } from "../model/replica.ts";
import type { Predictions } from "../model/types.ts";
import type { Communicator, Message } from "./communicator.ts";
import { Coordinator } from "./coordinator.ts";
import { meshSize, placeOf, rankAt, type RankMesh } from "./mesh.ts";
import type { OpenMessage } from "./mpi_rank.ts";
import type { RankWatch } from "./mpi_watch.ts";
import type { RoundOrder } from "./protocol.ts";
import type { RankMessage } from "./rank.ts";
import type { RankGroup } from "./session.ts";

/** What it takes to lead them. */
export interface MpiRanksParts {
  /** What every rank is told first. */
  readonly open: OpenMessage;
  /** The mesh over the ranks. */
  readonly mesh: RankMesh;
  /** The coordinator's. */
  readonly communicator: Communicator;
  readonly watch: RankWatch;
  /** Whether the rank of this process leaves the event loop free. */
  readonly concurrent: boolean;
  /** Called once when the sequence is over. */
  readonly onClosed: () => void;
  /** Called when a round failed: the ranks may wait for each other for ever. */
  readonly onFailed: () => void;
}

/** The ranks of a job; all of them are needed to the end. */
export class MpiRanks implements RankGroup {
  /** None: they are in other processes. */
  readonly sessions: readonly ReplicaSession[] = [];
  /** Number of replicas. */
  readonly ranks: number;
  readonly #parts: MpiRanksParts;
  readonly #coordinator: Coordinator;
  #closed = false;

  /** Lets every rank open a session. */
  constructor(parts: MpiRanksParts) {
    const { open, communicator, watch, mesh } = parts;
    this.#parts = parts;
    this.ranks = mesh.bp;
    this.#coordinator = new Coordinator({
      timeoutMs: open.timeoutMs,
      give: (orders) => this.#give(orders),
      receive: () => communicator.receive(),
      progressOf: (rank) => watch.placeOf(rank),
      numberOf: (rank) => rank,
    });
    this.#tell(open);
  }

  /** Runs a round: every shard of a replica gets its order, and the first one answers for all. */
  async run(
    orders: readonly RoundOrder[],
  ): Promise<readonly (Predictions | null)[]> {
    const { mesh, onFailed } = this.#parts;
    try {
      const answers = await this.#coordinator.run(Array.from(
        { length: meshSize(mesh) },
        (_, rank) => orders[placeOf(rank, mesh).branch]!,
      ));
      return orders.map((_, branch) =>
        elsewhere(answers[rankAt({ branch, shard: 0 }, mesh)]!)
      );
    } catch (error) {
      onFailed();
      throw error;
    }
  }

  /** Lets all ranks free what they hold; does not wait for them. Idempotent. */
  close(): Promise<void> {
    if (!this.#closed) {
      this.#closed = true;
      this.#coordinator.close();
      this.#tell({ kind: "stop" });
      this.#parts.onClosed();
    }
    return Promise.resolve();
  }

  /** Begins at once to send something to all ranks, so that nothing overtakes it. */
  #tell(message: OpenMessage | RankMessage): void {
    const { communicator } = this.#parts;
    for (let rank = 0; rank < communicator.size; rank++) {
      communicator.send(rank, message).catch(() => {}); // the job is over
    }
  }

  /** Sends all orders, that to this process last: its rank may keep the event loop from turning. */
  async #give([own, ...others]: readonly RoundOrder[]): Promise<void> {
    const { communicator, concurrent } = this.#parts;
    const send = (rank: number, order: RoundOrder) => {
      const message: Message & RankMessage = { kind: "order", order };
      return communicator.send(rank, message);
    };
    const away = Promise.all(
      others.map((order, other) => send(other + 1, order)),
    );
    if (!concurrent) await away;
    await Promise.all([away, send(0, own!)]);
  }
}

/** Predictions of another process, whose clock is its own. */
function elsewhere(predictions: Predictions | null): Predictions | null {
  return predictions && { ...predictions, work: [] };
}
