/**
 * Ranks, a coordinator and the messages between them, as one value that takes a step with every message delivered. Messages come in
 * any order, late, or twice; a rank may die. Used by tests only.
 */
import type { ForwardRequest } from "../model/types.ts";
import {
  type AbstractRows,
  type AbstractState,
  applyOperations,
  EMPTY,
  forward,
  readStaged,
} from "./_abstract_replica.ts";
import { checkRound } from "./_protocol_invariants.ts";
import type { ScriptStep } from "./_protocol_script.ts";
import { type GatherState, startGather, type stepGather } from "./gather.ts";
import { type extendJournal, type Journal, replayOf } from "./journal.ts";
import {
  type CacheProtocol,
  type Placement,
  type RankEffect,
  type RankEvent,
  type RankState,
  type RoundOrder,
  startRank,
} from "./protocol.ts";

/** What is checked, and the machines at work. */
export interface Subject {
  readonly protocol: CacheProtocol;
  readonly gather: typeof stepGather;
  readonly extendJournal: typeof extendJournal;
}

/** A message under way. */
export interface Envelope {
  /** Rank, or `null` for the coordinator. */
  readonly to: number | null;
  readonly event: RankEvent | {
    readonly kind: "answer";
    readonly rank: number;
    readonly round: number;
    readonly predictions: readonly (readonly number[])[] | null;
  };
  /** Rows that an event of kind `rows` brings. */
  readonly rows?: AbstractRows;
}

/** One rank with its replica. */
interface WorldRank {
  readonly machine: RankState;
  readonly replica: AbstractState;
  /** Rows that came in, by `round/index`. */
  readonly rows: Readonly<Record<string, AbstractRows>>;
  readonly predictions: readonly (readonly number[])[] | null;
}

/** Everything at one moment; never changed in place. */
export interface World {
  readonly ranks: readonly WorldRank[];
  readonly network: readonly Envelope[];
  readonly gather: GatherState;
  readonly answers: readonly (readonly (readonly number[])[] | null)[];
  /** Which answer each branch of the round takes. */
  readonly order: readonly number[];
  readonly placement: Placement;
  readonly journal: Journal;
  /** Forwards of the journal that remain to be run again, the one under way first. */
  readonly replays: readonly ForwardRequest[];
  /** The step's request, without what is replayed. */
  readonly pending: ForwardRequest;
  readonly step: number;
  readonly round: number;
}

/** A world before its first round. */
export function startWorld(
  ranks: number,
  steps: readonly ScriptStep[],
  subject: Subject,
): World {
  const world: World = {
    ranks: freshRanks(ranks, 0),
    network: [],
    gather: startGather(0, 0),
    answers: [],
    order: [],
    placement: [],
    journal: [],
    replays: [],
    pending: steps[0]!.request,
    step: 0,
    round: 0,
  };
  return startRound(world, subject);
}

/** Whether all rounds are done. */
export function isDone(world: World, steps: readonly ScriptStep[]): boolean {
  return world.step === steps.length;
}

/** Delivers message `index`; `keep` leaves a copy of it under way. */
export function deliver(
  world: World,
  index: number,
  { keep, steps, subject }: {
    readonly keep: boolean;
    readonly steps: readonly ScriptStep[];
    readonly subject: Subject;
  },
): World {
  const envelope = world.network[index]!;
  const network = keep ? world.network : world.network.toSpliced(index, 1);
  const next = { ...world, network };
  const { to, event } = envelope;
  if (event.kind === "answer") return takeAnswer(next, event, steps, subject);
  if (to! >= next.ranks.length) return next; // the rank is gone
  return follow(next, to!, { envelope, event, subject });
}

/** One rank dies: the others start again from the journal, while old messages are still under way. */
export function loseRank(
  world: World,
  steps: readonly ScriptStep[],
  subject: Subject,
): World {
  const request = steps[world.step]!.request;
  const last = steps[world.step - 1]?.request ?? null;
  const { forwards, rest } = replayOf(
    subject.extendJournal(world.journal, request.cache, last),
  );
  return startRound({
    ...world,
    ranks: freshRanks(world.ranks.length - 1, world.round),
    placement: [],
    replays: forwards,
    pending: { ...request, cache: rest },
  }, subject);
}

function freshRanks(count: number, round: number): WorldRank[] {
  return Array.from({ length: count }, (_, rank) => ({
    machine: startRank(rank, { after: round }),
    replica: EMPTY,
    rows: {},
    predictions: null,
  }));
}

function startRound(world: World, { protocol }: Subject): World {
  const round = world.round + 1;
  const ranks = world.ranks.length;
  const { placement, pending, replays: [replay] } = world;
  const started = { ...world, round, gather: startGather(round, ranks) };
  if (replay === undefined) {
    const plan = protocol.plan({ round, ranks, request: pending, placement });
    return send(
      { ...started, order: plan.answers, placement: plan.placement },
      plan.orders,
    );
  }
  const { cache: operations, ...work } = replay;
  const order = { round, operations, work: { ...work, cache: [] } };
  const everywhere = work.branches.map(({ start }, branch) => ({
    start,
    owner: null,
    branch,
  }));
  return send(
    { ...started, order: [], placement: everywhere },
    Array(ranks).fill(order),
  );
}

function send(world: World, orders: readonly RoundOrder[]): World {
  const messages = orders.map((order, to): Envelope => ({
    to,
    event: { kind: "order", order },
  }));
  return {
    ...world,
    answers: orders.map(() => null),
    network: [...world.network, ...messages],
  };
}

function follow(
  world: World,
  rank: number,
  { envelope, event, subject }: {
    readonly envelope: Pick<Envelope, "rows">;
    readonly event: RankEvent;
    readonly subject: Subject;
  },
): World {
  const before = world.ranks[rank]!;
  const { state, effects } = subject.protocol.step(before.machine, event);
  const rows = event.kind === "rows"
    ? { [`${event.round}/${event.index}`]: envelope.rows!, ...before.rows }
    : before.rows;
  const own = { ...before, machine: state, rows };
  return effects.reduce<World>(
    (next, effect) => carryOut(next, rank, effect),
    { ...world, ranks: world.ranks.with(rank, own) },
  );
}

function carryOut(world: World, rank: number, effect: RankEffect): World {
  const own = world.ranks[rank]!;
  const post = (...messages: readonly Envelope[]) => ({
    ...world,
    network: [...world.network, ...messages],
  });
  switch (effect.kind) {
    case "publish": {
      const { exchange: { index }, round } = effect;
      const rows = readStaged(own.replica, effect.exchange);
      const event = { kind: "rows", round, index } as const;
      return post(...world.ranks.map((_, to) => ({ to, event, rows })));
    }
    case "collect":
      return world;
    case "compute": {
      const { round, operations, work } = effect.order;
      const updated = applyOperations(
        own.replica,
        operations,
        ({ index }) => own.rows[`${round}/${index}`],
      );
      const { state: replica, predictions } = work === null
        ? { state: updated, predictions: null }
        : forward(updated, work);
      const event = { kind: "computed", round } as const;
      return {
        ...post({ to: rank, event }),
        ranks: world.ranks.with(rank, { ...own, replica, predictions }),
      };
    }
    case "answer": {
      const { round } = effect;
      const { predictions } = own;
      return post({
        to: null,
        event: { kind: "answer", rank, round, predictions },
      });
    }
  }
}

function takeAnswer(
  world: World,
  answer: Extract<Envelope["event"], { kind: "answer" }>,
  steps: readonly ScriptStep[],
  subject: Subject,
): World {
  const { state, accepted, complete } = subject.gather(world.gather, answer);
  if (!accepted) return world;
  const answers = world.answers.with(answer.rank, answer.predictions);
  const next = { ...world, gather: state, answers };
  if (!complete) return next;
  if (next.replays.length > 0) {
    return startRound({ ...next, replays: next.replays.slice(1) }, subject);
  }
  checkRound(next, steps[world.step]!);
  const { request } = steps[world.step]!;
  const last = steps[world.step - 1]?.request ?? null;
  const journal = subject.extendJournal(world.journal, request.cache, last);
  const after = { ...next, journal, step: world.step + 1 };
  if (isDone(after, steps)) return after;
  return startRound(
    { ...after, pending: steps[after.step]!.request },
    subject,
  );
}
