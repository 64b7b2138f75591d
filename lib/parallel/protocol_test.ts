/** What the two protocols order, and how a rank follows events that are early, late or come twice. */
import { assertEquals, assertThrows } from "@std/assert";
import { GREEDY } from "../model/greedy.ts";
import type { CacheOperation, ForwardRequest } from "../model/types.ts";
import { ProtocolError } from "./errors.ts";
import { startGather, stepGather } from "./gather.ts";
import {
  type CacheProtocol,
  type RankEvent,
  type RoundOrder,
  startRank,
} from "./protocol.ts";
import { singlePhase } from "./single_phase.ts";
import { twoPhase } from "./two_phase.ts";

function request(
  branches: number,
  given: Partial<ForwardRequest> = {},
): ForwardRequest {
  return {
    cache: [],
    cached: [],
    branches: Array.from({ length: branches }, (_, b) => ({
      start: 4,
      tokens: Int32Array.of(1, 2, 3, 4, 5 + b, 6),
      predict: Int32Array.of(8, 9),
    })),
    commitRows: 2,
    visibility: { kind: "block-causal", promptLength: 4, blockSize: 4 },
    sampling: GREEDY,
    ...given,
  };
}

const COMMIT: CacheOperation = {
  kind: "commit",
  branch: 3,
  rows: 2,
  boundary: true,
};

/** Kinds of the effects of each event in turn. */
function follow(
  protocol: CacheProtocol,
  rank: number,
  events: readonly RankEvent[],
): string[][] {
  let state = startRank(rank);
  return events.map((event) => {
    const transition = protocol.step(state, event);
    state = transition.state;
    return transition.effects.map(({ kind }) => kind);
  });
}

function order(round: number, owners: readonly number[]): RankEvent {
  const operations = owners.map((owner, index) => ({
    kind: "exchange" as const,
    exchange: { index, owner, branch: 0, start: 0, rows: 1, boundary: false },
  }));
  const given: RoundOrder = { round, operations, work: request(1) };
  return { kind: "order", order: given };
}

const rows = (round: number, index = 0): RankEvent => ({
  kind: "rows",
  round,
  index,
});
const computed = (round: number): RankEvent => ({ kind: "computed", round });

Deno.test("two-phase plan: branches in even shares, the winner's rows travel from their owner", () => {
  const first = twoPhase.plan({
    round: 1,
    ranks: 3,
    request: request(5),
    placement: [],
  });
  assertEquals(
    first.orders.map(({ work }) => work?.branches.length),
    [2, 2, 1],
  );
  assertEquals(first.answers, [0, 0, 1, 1, 2]);
  const second = twoPhase.plan({
    round: 2,
    ranks: 3,
    request: request(1, { cache: [{ kind: "reset" }, COMMIT] }),
    placement: first.placement,
  });
  const exchange = {
    index: 1,
    owner: 1,
    branch: 1,
    start: 4,
    rows: 2,
    boundary: true,
  };
  for (const { operations } of second.orders) {
    assertEquals(operations, [
      { kind: "reset" },
      { kind: "exchange", exchange },
    ]);
  }
  assertEquals(
    second.orders.map(({ work }) => work === null),
    [false, true, true],
  );
});

Deno.test("two-phase plan: one rank keeps its rows to itself", () => {
  const { placement } = twoPhase.plan({
    round: 1,
    ranks: 1,
    request: request(5),
    placement: [],
  });
  const { orders } = twoPhase.plan({
    round: 2,
    ranks: 1,
    request: request(1, { cache: [COMMIT] }),
    placement,
  });
  assertEquals(orders[0]!.operations, [COMMIT]);
});

Deno.test("two-phase step: the owner publishes before it computes; another computes when the rows are in", () => {
  assertEquals(
    follow(twoPhase, 1, [order(1, [1]), rows(1), computed(1)]),
    [["publish"], ["compute"], ["answer"]],
  );
  assertEquals(
    follow(twoPhase, 0, [
      order(1, [1, 2]),
      rows(1, 1),
      rows(1, 0),
      computed(1),
    ]),
    [["collect", "collect"], [], ["compute"], ["answer"]],
  );
});

Deno.test("two-phase step: rows may come before the order", () => {
  assertEquals(
    follow(twoPhase, 0, [rows(1), order(1, [1]), computed(1)]),
    [[], ["collect", "compute"], ["answer"]],
  );
});

Deno.test("two-phase step: late and repeated messages are without effect", () => {
  assertEquals(
    follow(twoPhase, 0, [
      order(1, [1]),
      rows(1),
      rows(1),
      order(1, [1]),
      computed(1),
      computed(1),
      rows(1),
      order(2, [1]),
      rows(1),
      order(1, [1]),
      computed(1),
      rows(2),
    ]),
    [
      ["collect"],
      ["compute"],
      [],
      [],
      ["answer"],
      [],
      [],
      ["collect"],
      [],
      [],
      [],
      ["compute"],
    ],
  );
});

Deno.test("single-phase plan: a rank without a branch computes the committing block, nobody sends rows", () => {
  const { orders, placement } = singlePhase.plan({
    round: 2,
    ranks: 3,
    request: request(2, { cache: [COMMIT] }),
    placement: [],
  });
  assertEquals(orders.map(({ operations }) => operations), [
    [{ ...COMMIT, branch: 0 }],
    [{ ...COMMIT, branch: 0 }],
    [{ ...COMMIT, branch: 0 }],
  ]);
  const [only] = orders[2]!.work!.branches;
  assertEquals([...only!.tokens], [1, 2, 3, 4]); // to the end of the block
  assertEquals(only!.predict.length, 0);
  assertEquals(placement.map(({ owner }) => owner), [null, null]);
});

Deno.test("single-phase plan: without committing rows a rank without a branch rests", () => {
  const { orders } = singlePhase.plan({
    round: 1,
    ranks: 2,
    request: request(1, { commitRows: 0 }),
    placement: [],
  });
  assertEquals(orders[1]!.work, null);
});

Deno.test("single-phase step: compute, answer; late and repeated messages are without effect", () => {
  assertEquals(
    follow(singlePhase, 0, [
      order(1, []),
      order(1, []),
      computed(1),
      computed(1),
      order(2, []),
      computed(1),
      computed(2),
    ]),
    [["compute"], [], ["answer"], [], ["compute"], [], ["answer"]],
  );
});

Deno.test("single-phase: full and causal attention are refused, and rows that travel", () => {
  for (const kind of ["full", "causal"] as const) {
    const error = assertThrows(
      () => singlePhase.check(request(1, { visibility: { kind } })),
      ProtocolError,
      `${kind} visibility given`,
    );
    assertEquals(error.protocol, "single-phase");
  }
  assertThrows(
    () => follow(singlePhase, 0, [order(1, []), rows(1)]),
    ProtocolError,
    "nothing travels",
  );
});

for (const protocol of [twoPhase, singlePhase]) {
  Deno.test(`${protocol.name} step: a round over another is refused`, () => {
    assertThrows(
      () => follow(protocol, 0, [order(1, []), order(2, [])]),
      ProtocolError,
      "one round at a time",
    );
  });
}

Deno.test("gather: every rank's first answer of the round counts", () => {
  let state = startGather(3, 2);
  const answers = [[3, 1], [2, 0], [3, 1], [3, 0], [3, 0]] as const;
  const seen = answers.map(([round, rank]) => {
    const transition = stepGather(state, { round, rank });
    state = transition.state;
    return [transition.accepted, transition.complete];
  });
  assertEquals(seen, [
    [true, false],
    [false, false],
    [false, false],
    [true, true],
    [false, false],
  ]);
});
