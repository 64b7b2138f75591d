/**
 * A group of ranks in several processes, on one machine or many, over MPI. The event loop's own thread makes all calls; none of
 * them waits: whatever is under way is asked for again at every turn of the loop, and each millisecond once nothing has come for
 * a while, or while this process computes.
 *
 * @module
 */
import { deserialize, serialize } from "node:v8";
import { turnLoop } from "../engine/_event_loop.ts";
import type { Communicator, Message } from "./communicator.ts";
import { Mailboxes } from "./mailboxes.ts";
import {
  type Collectives,
  collectivesOver,
  type Complete,
  type RankSet,
} from "./mpi_collectives.ts";
import { ALL_RANKS, MpiLibrary } from "./mpi_library.ts";

/** An operation of MPI that is not done. */
interface Operation {
  readonly request: bigint;
  /** Where what comes in belongs. */
  readonly out: Uint8Array<ArrayBuffer>;
  readonly done: PromiseWithResolvers<void>;
}

/** A message with its addressee. */
interface Envelope {
  readonly to: number;
  readonly message: Message;
}

/** Tag of all messages. */
const TAG = 1;

/** So long after the last event every turn of the loop asks again; later, each millisecond does. */
const EAGER_MILLISECONDS = 5;

/** How often a turn asks, until something is done: a turn takes much longer than to ask. */
const QUESTIONS_PER_TURN = 8;

const NOTHING = new Uint8Array(0);

/** The ranks of a job of MPI, seen from one of them. */
export class MpiGroup {
  /** This process's rank. */
  readonly rank: number;
  /** Number of ranks. */
  readonly size: number;
  readonly #library: MpiLibrary;
  readonly #mail = new Mailboxes();
  readonly #listeners = new Map<number, (message: Message) => void>();
  readonly #operations = new Set<Operation>();
  #incoming = false;
  #polling = false;
  #lastEvent = 0;
  #computing = false;
  /** Ends the millisecond of waiting, if one is under way. */
  #wake: () => void = () => {};

  private constructor(library: MpiLibrary) {
    this.#library = library;
    const { rank, size } = library.start();
    this.rank = rank;
    this.size = size;
  }

  /**
   * Joins the job that mpirun started, once per process; a job of one rank where none did.
   *
   * @throws {NativeBuildError} Where there is no MPI, with the remedy.
   * @throws {MpiError} When the job cannot be joined.
   */
  static async join(): Promise<MpiGroup> {
    return new MpiGroup(await MpiLibrary.open());
  }

  /** Name and version of the MPI. */
  get version(): string {
    return this.#library.version;
  }

  /** Access for a member that lives in this process: its rank; on rank 0 also the coordinator. */
  communicator(member: number = this.rank): Communicator {
    return {
      rank: member,
      size: this.size,
      send: (to, message) => this.send(to, message),
      receive: () => this.#receive(member),
      ...this.#collectives({ id: ALL_RANKS, rank: this.rank, size: this.size }),
    };
  }

  /**
   * Collectives among those of the job's ranks that give the same color, counted in the order of their ranks. All ranks must
   * call it, in the same order, and wait for each other.
   */
  split(
    color: number,
    place: { readonly rank: number; readonly size: number },
  ): Collectives {
    this.#mail.requireAlive();
    return this.#collectives({ id: this.#library.split(color), ...place });
  }

  #collectives(ranks: RankSet): Collectives {
    const library = this.#library;
    const complete: Complete = async (begin, out) => {
      this.#mail.requireAlive();
      await this.#complete(begin(library), out);
    };
    return collectivesOver(ranks, complete);
  }

  /** Hears all messages to a member of this process that is neither a rank nor the coordinator. */
  listen(member: number, hear: (message: Message) => void): void {
    this.#listeners.set(member, hear);
  }

  /** While this process computes, to ask at every turn would only take the processor from whom it waits for. */
  set computing(computing: boolean) {
    this.#computing = computing;
    this.#hurry();
  }

  /** Gives a message to a member, by default of the process where ranks and the coordinator are; done when it has left this one. */
  async send(
    to: number,
    message: Message,
    process: number = Math.max(to, 0),
  ): Promise<void> {
    this.#mail.requireAlive();
    const envelope: Envelope = { to, message };
    if (process === this.rank) return this.#deliver(envelope);
    const bytes = Uint8Array.from(serialize(envelope));
    await this.#complete(this.#library.send(process, TAG, bytes), NOTHING);
  }

  /** Gives up everything that is pending in this process. Idempotent. */
  abort(cause: unknown): void {
    this.#mail.abort(cause);
  }

  /** Ends all processes of the job, this one among them. */
  end(exitStatus: number): never {
    this.#library.abort(exitStatus);
  }

  /** Leaves the job; all ranks must, when nothing is under way any more. */
  finish(): void {
    this.#library.finish();
  }

  #receive(member: number): Promise<Message> {
    const message = this.#mail.receive(member);
    this.#poll();
    return message;
  }

  /** Waits until an operation is done. */
  async #complete(
    request: bigint,
    out: Uint8Array<ArrayBuffer>,
  ): Promise<void> {
    if (this.#library.test(request, out)) return;
    const operation = { request, out, done: this.#mail.defer<void>() };
    this.#operations.add(operation);
    this.#poll();
    await operation.done.promise;
  }

  /** Asks for all that is pending until nothing is. */
  async #poll(): Promise<void> {
    this.#hurry();
    if (this.#polling) return;
    this.#polling = true;
    try {
      while (this.#mail.busy) {
        const idle = this.#computing && this.#operations.size === 0;
        const eager = !idle &&
          performance.now() - this.#lastEvent < EAGER_MILLISECONDS;
        let questions = eager ? QUESTIONS_PER_TURN : 1;
        while (questions-- > 0) {
          if (!this.#progress()) continue;
          this.#lastEvent = performance.now();
          break;
        }
        if (eager) await turnLoop();
        else {
          await new Promise<void>((wake) => {
            this.#wake = wake;
            setTimeout(wake, 1);
          });
        }
      }
    } catch (error) {
      this.abort(error);
    } finally {
      this.#polling = false;
    }
  }

  /** Asks at every turn from now on. */
  #hurry(): void {
    this.#lastEvent = performance.now();
    this.#wake();
  }

  /** Takes what is done; gives whether anything was. */
  #progress(): boolean {
    let any = this.#takeMessages();
    for (const operation of this.#operations) {
      if (!this.#library.test(operation.request, operation.out)) continue;
      this.#operations.delete(operation);
      operation.done.resolve();
      any = true;
    }
    return any;
  }

  /** Receives all messages that are there, one after another, so that they keep their order. */
  #takeMessages(): boolean {
    let any = false;
    while (!this.#incoming) {
      const message = this.#library.probe(TAG);
      if (message === null) return any;
      any = true;
      const bytes = new Uint8Array(message.bytes);
      const request = this.#library.receive(message);
      const deliver = () => this.#deliver(deserialize(bytes) as Envelope);
      if (this.#library.test(request, bytes)) {
        deliver();
        continue;
      }
      this.#incoming = true;
      this.#complete(request, bytes).then(() => {
        this.#incoming = false;
        deliver();
      }, (error) => this.abort(error));
    }
    return any;
  }

  #deliver({ to, message }: Envelope): void {
    const hear = this.#listeners.get(to);
    if (hear !== undefined) return hear(message);
    this.#mail.deliver(to, message);
  }
}
