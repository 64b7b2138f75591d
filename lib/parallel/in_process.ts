/**
 * A group of ranks within one process: messages and numbers are handed over in memory.
 *
 * @module
 */
import {
  type Communicator,
  COORDINATOR,
  type Message,
} from "./communicator.ts";
import { GroupAbortedError } from "./errors.ts";

/** Messages for one member, and its pending receive. */
interface Mailbox {
  readonly messages: Message[];
  waiting: PromiseWithResolvers<Message> | null;
}

/** A collective that not all ranks have entered and left. */
interface Collective {
  readonly given: (unknown | undefined)[];
  readonly entered: Set<number>;
  readonly ready: PromiseWithResolvers<void>;
}

/** Ranks of one process. */
export class InProcessGroup {
  /** Number of ranks. */
  readonly size: number;
  readonly #mailboxes = new Map<number, Mailbox>();
  readonly #collectives = new Map<number, Collective>();
  /** What makes everything that is pending fail. */
  readonly #pending = new Set<(reason: unknown) => void>();
  readonly #sums = new WeakMap<readonly Float32Array[], Float32Array>();
  #aborted: GroupAbortedError | null = null;

  /** Forms a group of `size` ranks and a coordinator. */
  constructor(size: number) {
    this.size = size;
    for (let member = COORDINATOR; member < size; member++) {
      this.#mailboxes.set(member, { messages: [], waiting: null });
    }
  }

  /** Access for one member; one for each. */
  communicator(rank: number): Communicator {
    let entered = 0;
    const collective = <T>(given: T, enough: (seen: Set<number>) => boolean) =>
      this.#enter<T>(entered++, { rank, given, enough });
    const everyone = (seen: Set<number>) => seen.size === this.size;
    return {
      rank,
      size: this.size,
      send: (to, message) => this.#send(to, message),
      receive: () => this.#receive(rank),
      broadcast: async (root, values) => {
        const own = rank === root ? values.slice() : null;
        const given = await collective(own, (seen) => seen.has(root));
        if (rank !== root) values.set(given[root]!);
      },
      allReduce: async (values) => {
        const all = await collective(values.slice(), everyone);
        values.set(this.#sumOf(all));
      },
      allGather: (values) => collective(values.slice(), everyone),
    };
  }

  /** Gives the group up: whatever is pending or begun rejects. Idempotent. */
  abort(cause: unknown): void {
    if (this.#aborted) return;
    this.#aborted = new GroupAbortedError(cause);
    for (const reject of this.#pending) reject(this.#aborted);
    this.#pending.clear();
  }

  /** The sum of what all ranks gave, added up once for all of them. */
  #sumOf(all: readonly Float32Array[]): Float32Array {
    const known = this.#sums.get(all);
    if (known !== undefined) return known;
    const sum = sumOf(all);
    this.#sums.set(all, sum);
    return sum;
  }

  #requireAlive(): void {
    if (this.#aborted) throw this.#aborted;
  }

  // deno-lint-ignore require-await -- a failure must reject, not throw
  async #send(to: number, message: Message): Promise<void> {
    this.#requireAlive();
    const box = this.#mailboxes.get(to)!;
    if (box.waiting === null) box.messages.push(message);
    else {
      const { waiting } = box;
      box.waiting = null;
      waiting.resolve(message);
    }
  }

  async #receive(rank: number): Promise<Message> {
    this.#requireAlive();
    const box = this.#mailboxes.get(rank)!;
    const next = box.messages.shift();
    if (next !== undefined) return next;
    box.waiting = this.#defer<Message>();
    return await box.waiting.promise;
  }

  /** Enters the member's collective number `index`; gives what the others brought once `enough` of them are in. */
  async #enter<T>(
    index: number,
    { rank, given, enough }: {
      readonly rank: number;
      readonly given: T;
      readonly enough: (entered: Set<number>) => boolean;
    },
  ): Promise<NonNullable<T>[]> {
    this.#requireAlive();
    const known = this.#collectives.get(index);
    const collective = known ?? {
      given: new Array<unknown>(this.size),
      entered: new Set<number>(),
      ready: this.#defer<void>(),
    };
    if (!known) this.#collectives.set(index, collective);
    collective.given[rank] = given;
    collective.entered.add(rank);
    if (enough(collective.entered)) collective.ready.resolve();
    if (collective.entered.size === this.size) this.#collectives.delete(index);
    await collective.ready.promise;
    return collective.given as NonNullable<T>[];
  }

  /** A promise that also rejects when the group is given up. */
  #defer<T>(): PromiseWithResolvers<T> {
    const deferred = Promise.withResolvers<T>();
    const { promise, reject } = deferred;
    this.#pending.add(reject);
    const settled = () => this.#pending.delete(reject);
    promise.then(settled, settled);
    return deferred;
  }
}

function sumOf(all: readonly Float32Array[]): Float32Array {
  const sum = all[0]!.slice();
  for (const values of all.slice(1)) {
    for (let i = 0; i < sum.length; i++) sum[i]! += values[i]!;
  }
  return sum;
}
