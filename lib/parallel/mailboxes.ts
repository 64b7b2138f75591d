/**
 * What the members of a group in one process wait for: messages, and whatever else is pending, which all fails when the group is
 * given up.
 *
 * @module
 */
import type { Message } from "./communicator.ts";
import { GroupAbortedError } from "./errors.ts";

/** Messages for one member, and its pending receive. */
interface Mailbox {
  readonly messages: Message[];
  waiting: PromiseWithResolvers<Message> | null;
}

/** Mailboxes of members, and all that is pending. */
export class Mailboxes {
  readonly #boxes = new Map<number, Mailbox>();
  /** What makes everything that is pending fail. */
  readonly #pending = new Set<(reason: unknown) => void>();
  #aborted: GroupAbortedError | null = null;

  /** Whether anything is pending. */
  get busy(): boolean {
    return this.#pending.size > 0;
  }

  /** Gives a message to a member. */
  deliver(to: number, message: Message): void {
    const box = this.#boxOf(to);
    const { waiting } = box;
    box.waiting = null;
    if (waiting === null) box.messages.push(message);
    else waiting.resolve(message);
  }

  /** The next message to a member; one receive at a time. */
  async receive(member: number): Promise<Message> {
    this.requireAlive();
    const box = this.#boxOf(member);
    const next = box.messages.shift();
    if (next !== undefined) return next;
    box.waiting = this.defer<Message>();
    return await box.waiting.promise;
  }

  /** A promise that also rejects when the group is given up. */
  defer<T>(): PromiseWithResolvers<T> {
    const deferred = Promise.withResolvers<T>();
    const { promise, reject } = deferred;
    this.#pending.add(reject);
    const settled = () => this.#pending.delete(reject);
    promise.then(settled, settled);
    return deferred;
  }

  /** Gives everything up that is pending or begins later. Idempotent. */
  abort(cause: unknown): void {
    if (this.#aborted) return;
    this.#aborted = new GroupAbortedError(cause);
    for (const reject of this.#pending) reject(this.#aborted);
    this.#pending.clear();
  }

  /** Throws a {@linkcode GroupAbortedError} once everything was given up. */
  requireAlive(): void {
    if (this.#aborted) throw this.#aborted;
  }

  #boxOf(member: number): Mailbox {
    const known = this.#boxes.get(member);
    const box = known ?? { messages: [], waiting: null };
    if (!known) this.#boxes.set(member, box);
    return box;
  }
}
