/** Faults that strike a rank at a chosen phase: it dies, hangs, or gives NaN. Used by tests only. */
import type { ReplicaModel, ReplicaSession } from "../model/replica.ts";
import type { ForwardRequest, Predictions } from "../model/types.ts";
import { type Communicator, COORDINATOR } from "./communicator.ts";

/**
 * Where a fault strikes. `stage`: in the winner's rows as their owner reads them; `publish`: as it sends them; `receive`: as a rank that takes them; `write`: as it writes them into its cache; `commit`: in a forward
 * that carries a commit; `fill`: in one of a rank without a branch; `pre-write`: in any other.
 */
export type FaultPlace =
  | "order"
  | "stage"
  | "publish"
  | "receive"
  | "write"
  | "commit"
  | "fill"
  | "pre-write"
  | "answer";

/** What happens there. */
export type FaultKind = "dies" | "hangs" | "nan";

/** Decides whether a fault strikes a rank at a place. */
export type FaultPlan = (rank: number, place: FaultPlace) => FaultKind | null;

/** One fault. */
export interface Strike {
  readonly rank: number;
  readonly place: FaultPlace;
  readonly kind: FaultKind;
}

/** Strikes once, when the rank has come to the place `after` times before. */
export function strikeOnce(
  { rank: victim, place, kind }: Strike,
  after: number,
): FaultPlan & { readonly struck: () => boolean } {
  let visits = 0;
  const plan = (rank: number, at: FaultPlace): FaultKind | null =>
    rank === victim && at === place && visits++ === after ? kind : null;
  return Object.assign(plan, { struck: () => visits > after });
}

/** Raised by a rank that dies. */
export class InjectedFault extends Error {}

/** Injects the faults of a plan into replicas and their communication. */
export class Faults {
  readonly #plan: FaultPlan;
  readonly #hanging: (() => void)[] = [];

  /** `plan` is asked at every place that a rank comes to. */
  constructor(plan: FaultPlan) {
    this.#plan = plan;
  }

  /** Lets everything that hangs come back, with an error. */
  release(): void {
    for (const wake of this.#hanging.splice(0)) wake();
  }

  /** The replica of a rank, with faults. */
  replica(model: ReplicaModel, rank: number): ReplicaModel {
    return {
      spec: model.spec,
      open: (options) => this.#session(model.open(options), rank),
      close: () => model.close(),
    };
  }

  /** The communication of a rank, with faults. */
  intercept(inner: Communicator, rank: number): Communicator {
    return {
      ...inner,
      receive: async () => {
        const message = await inner.receive();
        await this.#strike(rank, "order");
        return message;
      },
      send: async (to, message) => {
        if (to === COORDINATOR) await this.#strike(rank, "answer");
        await inner.send(to, message);
      },
      broadcast: async (root, values) => {
        const place = root === inner.rank ? "publish" : "receive";
        await this.#strike(rank, place);
        await inner.broadcast(root, values);
      },
    };
  }

  #session(inner: ReplicaSession, rank: number): ReplicaSession {
    return {
      forward: async (request: ForwardRequest): Promise<Predictions> => {
        const nan = await this.#strike(rank, placeOf(request));
        const answer = await inner.forward(request);
        return nan ? withNan(answer) : answer;
      },
      apply: async (operations) => {
        await this.#strike(rank, "commit");
        await inner.apply(operations);
      },
      readStaged: (choice) => {
        const kind = this.#plan(rank, "stage");
        if (kind === "dies") {
          throw new InjectedFault(`rank ${rank} died in stage`);
        }
        const rows = inner.readStaged(choice);
        return kind === "nan" ? rows.with(0, NaN) : rows;
      },
      stagedElements: (size) => inner.stagedElements(size),
      writeCommitted: (place, values) => {
        if (this.#plan(rank, "write") === "dies") {
          throw new InjectedFault(`rank ${rank} died in write`);
        }
        inner.writeCommitted(place, values);
      },
      readReplica: (range) => inner.readReplica(range),
      close: () => inner.close(),
    };
  }

  /** Carries out the fault of a place; gives whether numbers are to be NaN. */
  async #strike(rank: number, place: FaultPlace): Promise<boolean> {
    const kind = this.#plan(rank, place);
    if (kind === "hangs") {
      await new Promise<void>((wake) => this.#hanging.push(wake));
      throw new InjectedFault(`rank ${rank} came back from ${place}`);
    }
    if (kind === "dies") {
      throw new InjectedFault(`rank ${rank} died in ${place}`);
    }
    return kind === "nan";
  }
}

function placeOf({ branches, cache }: ForwardRequest): FaultPlace {
  if (branches.every(({ predict }) => predict.length === 0)) return "fill";
  return cache.some(({ kind }) => kind === "commit") ? "commit" : "pre-write";
}

function withNan(answer: Predictions): Predictions {
  const branches = answer.branches.map((branch) => ({
    ...branch,
    probability: branch.probability.map(() => NaN),
  }));
  return { ...answer, branches };
}
