/**
 * What each process of a job knows of the others, so that a rank that ends or falls silent can be named with what it was doing.
 * Ranks tell process 0 of every change of phase, rank 0 tells process 1: whoever is lost, someone knows where.
 *
 * @module
 */
import { RankError, type RankPhase } from "./errors.ts";
import type { MpiGroup } from "./mpi_group.ts";

/** Address of the watch in every process. */
const WATCH = -2;

/** How long those that are left are listened to once the job is being ended: mpirun kills them a second after it asks. */
const ROLL_CALL_MILLISECONDS = 400;

/** Where a rank is. */
export interface WatchedPlace {
  /** What it does. */
  readonly phase: RankPhase;
  /** Rank whose rows it waits for; `all` while it gives its own and not all have taken them. */
  readonly waitingFor: number | "all" | null;
}

type WatchMessage =
  | {
    readonly kind: "place";
    readonly rank: number;
    readonly place: WatchedPlace;
  }
  | { readonly kind: "here"; readonly rank: number }
  | { readonly kind: "ending"; readonly rank: number };

const START: WatchedPlace = { phase: "order", waitingFor: null };

/** The watch of one process. */
export class RankWatch {
  readonly #group: MpiGroup;
  readonly #places = new Map<number, WatchedPlace>();
  readonly #here = new Set<number>();
  #ending = false;

  /** Begins to listen. */
  constructor(group: MpiGroup) {
    this.#group = group;
    group.listen(WATCH, (message) => this.#hear(message as WatchMessage));
  }

  /** Where a rank was when it was last heard of. */
  placeOf(rank: number): WatchedPlace {
    return this.#places.get(rank) ?? START;
  }

  /** Tells where this process's rank is. */
  tell(place: WatchedPlace): void {
    const { rank, size } = this.#group;
    this.#places.set(rank, place);
    if (size === 1) return;
    this.#post(rank === 0 ? 1 : 0, { kind: "place", rank, place });
  }

  /** Ends the job because of a failure that this process has reported; the others need not look for one. */
  async end(exitStatus: number): Promise<never> {
    const { rank, size } = this.#group;
    for (let other = 0; other < size; other++) {
      if (other !== rank) this.#post(other, { kind: "ending", rank });
    }
    await new Promise((wake) => setTimeout(wake, 10));
    this.#group.end(exitStatus);
  }

  /**
   * Whom the job is being ended for: to be called when mpirun asks this process to end. Those that are left call out to each
   * other; whoever is not heard of has ended.
   *
   * @param milliseconds How long they are listened to: less than mpirun leaves them before it kills them, by default a second.
   * @returns The errors of ranks that this process knows to be lost; none where another process reports them.
   */
  async rollCall(
    milliseconds: number = ROLL_CALL_MILLISECONDS,
  ): Promise<readonly RankError[]> {
    const { rank, size } = this.#group;
    const reporters = [0, 1].filter((reporter) => reporter < size);
    for (const reporter of reporters) {
      if (reporter !== rank) this.#post(reporter, { kind: "here", rank });
    }
    // A pending receive keeps messages coming in.
    this.#group.communicator(WATCH - 1).receive().catch(() => {});
    await new Promise((wake) => setTimeout(wake, milliseconds));
    if (this.#ending) return [];
    const known = rank === 0
      ? Array.from({ length: size - 1 }, (_, other) => other + 1)
      : rank === 1
      ? [0]
      : [];
    return known
      .filter((other) => !this.#here.has(other))
      .map((other) =>
        new RankError(
          { rank: other, phase: this.placeOf(other).phase },
          "its process ended",
        )
      );
  }

  #post(process: number, message: WatchMessage): void {
    this.#group.send(WATCH, message, process).catch(() => {}); // given up: nobody listens
  }

  #hear(message: WatchMessage): void {
    if (message.kind === "ending") this.#ending = true;
    else if (message.kind === "here") this.#here.add(message.rank);
    else this.#places.set(message.rank, message.place);
  }
}
