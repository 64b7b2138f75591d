/**
 * A group of ranks within one process: messages and numbers are handed over in memory.
 *
 * @module
 */
import type { Communicator } from "./communicator.ts";
import { Mailboxes } from "./mailboxes.ts";
import { sumOfRanks } from "./rank_sum.ts";

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
  readonly #mail = new Mailboxes();
  readonly #collectives = new Map<number, Collective>();
  readonly #sums = new WeakMap<readonly Float32Array[], Float32Array>();

  /** Forms a group of `size` ranks and a coordinator. */
  constructor(size: number) {
    this.size = size;
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
      // deno-lint-ignore require-await -- a failure must reject, not throw
      send: async (to, message) => {
        this.#mail.requireAlive();
        this.#mail.deliver(to, message);
      },
      receive: () => this.#mail.receive(rank),
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
    this.#mail.abort(cause);
  }

  /** The sum of what all ranks gave, added up once for all of them. */
  #sumOf(all: readonly Float32Array[]): Float32Array {
    const known = this.#sums.get(all);
    if (known !== undefined) return known;
    const sum = sumOfRanks(all);
    this.#sums.set(all, sum);
    return sum;
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
    this.#mail.requireAlive();
    const known = this.#collectives.get(index);
    const collective = known ?? {
      given: new Array<unknown>(this.size),
      entered: new Set<number>(),
      ready: this.#mail.defer<void>(),
    };
    if (!known) this.#collectives.set(index, collective);
    collective.given[rank] = given;
    collective.entered.add(rank);
    if (enough(collective.entered)) collective.ready.resolve();
    if (collective.entered.size === this.size) this.#collectives.delete(index);
    await collective.ready.promise;
    return collective.given as NonNullable<T>[];
  }
}
