/** Deliberate faults of the protocols, to show that the model check finds them. Used by tests only. */
import type { Subject } from "./_protocol_world.ts";
import type { CacheProtocol, PlanInput, RoundPlan } from "./protocol.ts";
import { singlePhase } from "./single_phase.ts";
import { twoPhase } from "./two_phase.ts";
import { extendJournal } from "./journal.ts";
import { stepGather } from "./gather.ts";

/** The real thing. */
export function subjectOf(protocol: CacheProtocol): Subject {
  return { protocol, gather: stepGather, extendJournal };
}

/** A faulty subject and the visibility under which the fault shows. */
export interface ProtocolMutant {
  readonly name: string;
  readonly visibility: "full" | "block-causal";
  readonly subject: Subject;
  /** Whether it shows only when a rank dies. */
  readonly afterLoss?: boolean;
}

function replanned(
  protocol: CacheProtocol,
  change: (plan: RoundPlan, input: PlanInput) => RoundPlan,
): Subject {
  return subjectOf({
    ...protocol,
    plan: (input) => change(protocol.plan(input), input),
  });
}

const real = subjectOf(twoPhase);

/** Faults of planning, of ranks, of gathering and of the journal. */
export const PROTOCOL_MUTANTS: readonly ProtocolMutant[] = [
  {
    name: "a rank computes without waiting for the winner's rows",
    visibility: "full",
    subject: subjectOf({
      ...twoPhase,
      step(state, event) {
        if (event.kind !== "order") return twoPhase.step(state, event);
        const { state: next, effects } = twoPhase.step(state, event);
        if (next.phase !== "commit") return { state: next, effects };
        const compute = { kind: "compute", order: event.order } as const;
        return {
          state: { ...next, phase: "pre-write" },
          effects: [...effects, compute],
        };
      },
    }),
  },
  {
    name: "the first of several exchanges is enough",
    visibility: "full",
    subject: subjectOf({
      ...twoPhase,
      step(state, event) {
        const { state: next, effects } = twoPhase.step(state, event);
        if (event.kind !== "rows" || next.phase !== "commit") {
          return { state: next, effects };
        }
        if (event.round !== next.round) return { state: next, effects };
        const compute = { kind: "compute", order: next.order! } as const;
        return {
          state: { ...next, phase: "pre-write" },
          effects: [...effects, compute],
        };
      },
    }),
  },
  {
    name: "rows of any round count as this round's",
    visibility: "full",
    subject: subjectOf({
      ...twoPhase,
      step: (state, event) =>
        twoPhase.step(
          state,
          event.kind === "rows" && state.phase === "commit"
            ? { ...event, round: state.round }
            : event,
        ),
    }),
  },
  {
    name: "an order that comes twice is followed twice",
    visibility: "full",
    subject: subjectOf({
      ...twoPhase,
      step(state, event) {
        const again = event.kind === "order" && state.phase === "idle" &&
          event.order.round <= state.round;
        if (!again) return twoPhase.step(state, event);
        return twoPhase.step({ ...state, round: event.order.round - 1 }, event);
      },
    }),
  },
  {
    name: "a forward that is reported late ends this round",
    visibility: "full",
    subject: subjectOf({
      ...twoPhase,
      step: (state, event) =>
        twoPhase.step(
          state.phase === "commit" && event.kind === "computed"
            ? { ...state, phase: "pre-write" }
            : state,
          event.kind === "computed" ? { ...event, round: state.round } : event,
        ),
    }),
  },
  {
    name: "a rank without a branch leaves its cache as it is",
    visibility: "full",
    subject: replanned(twoPhase, (plan) => ({
      ...plan,
      orders: plan.orders.map((order) =>
        order.work === null ? { ...order, operations: [] } : order
      ),
    })),
  },
  {
    name: "the owner's branch is counted in the whole request",
    visibility: "full",
    subject: replanned(twoPhase, (plan) => ({
      ...plan,
      placement: plan.placement.map((staged, branch) => ({
        ...staged,
        branch,
      })),
    })),
  },
  {
    name: "the first rank always sends the rows",
    visibility: "full",
    subject: replanned(twoPhase, (plan) => ({
      ...plan,
      placement: plan.placement.map((staged) => ({ ...staged, owner: 0 })),
    })),
  },
  {
    name: "every rank commits its own first branch under full attention",
    visibility: "full",
    subject: subjectOf({ ...singlePhase, check: () => {} }),
  },
  {
    name: "the boundary row stays behind",
    visibility: "full",
    subject: replanned(twoPhase, (plan) => ({
      ...plan,
      orders: plan.orders.map((order) => ({
        ...order,
        operations: order.operations.map((operation) =>
          operation.kind === "exchange"
            ? {
              kind: "exchange",
              exchange: { ...operation.exchange, boundary: false },
            }
            : operation
        ),
      })),
    })),
  },
  {
    name: "the rows are written one position late",
    visibility: "full",
    subject: replanned(twoPhase, (plan) => ({
      ...plan,
      placement: plan.placement.map((staged) => ({
        ...staged,
        start: staged.start + 1,
      })),
    })),
  },
  {
    name: "branches are gathered in another order",
    visibility: "full",
    subject: replanned(twoPhase, (plan) => ({
      ...plan,
      answers: plan.answers.toReversed(),
    })),
  },
  {
    name: "a rank without a branch does not compute the committing rows",
    visibility: "block-causal",
    subject: replanned(singlePhase, (plan, { request }) => ({
      ...plan,
      orders: plan.orders.map((order, rank) =>
        rank < request.branches.length ? order : { ...order, work: null }
      ),
    })),
  },
  {
    name: "a second answer of a rank counts for another",
    visibility: "full",
    subject: {
      ...real,
      gather(state, event) {
        if (event.round !== state.round) return stepGather(state, event);
        const rank = state.waiting.includes(event.rank)
          ? event.rank
          : state.waiting[0] ?? event.rank;
        return stepGather(state, { ...event, rank });
      },
    },
  },
  {
    name: "an answer of an earlier round counts",
    visibility: "full",
    subject: {
      ...real,
      gather: (state, event) =>
        stepGather(state, { ...event, round: state.round }),
    },
  },
  {
    name: "the journal forgets which branch won",
    visibility: "full",
    afterLoss: true,
    subject: {
      ...real,
      extendJournal: (journal, operations, last) =>
        extendJournal(
          journal,
          operations.map((operation) =>
            operation.kind === "commit"
              ? { ...operation, branch: 0 }
              : operation
          ),
          last,
        ),
    },
  },
  {
    name: "the journal forgets truncations",
    visibility: "full",
    afterLoss: true,
    subject: {
      ...real,
      extendJournal: (journal, operations, last) =>
        extendJournal(
          journal,
          operations.filter(({ kind }) => kind !== "truncate"),
          last,
        ),
    },
  },
  {
    name: "ranks that start again listen to old orders",
    visibility: "full",
    afterLoss: true,
    subject: subjectOf({
      ...twoPhase,
      step: (state, event) =>
        twoPhase.step(
          state.phase === "idle" && state.arrived.length === 0 &&
            event.kind === "order"
            ? { ...state, round: event.order.round - 1 }
            : state,
          event,
        ),
    }),
  },
];
