import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { lopa } from "../../decoding/lopa.ts";
import { runDecode } from "../../decoding/decode.ts";
import { toyModel, toyPrompt } from "../../decoding/toy_model.ts";
import {
  meanPhases,
  phasesOf,
  RoundClock,
  timelineOf,
} from "./lopa_dist_clock.ts";
import { roundOf } from "./lopa_dist_rows.ts";

/** Two rounds of 10 and 8 ms; rank 1 is the slower one in the first, and writes pages; rank 0 alone works in the second. */
const ROUNDS = [
  {
    ...{ submitted: 100, answered: 108, decided: 109 },
    work: [
      { what: "compute", rank: 0, from: 101, to: 105 },
      { what: "compute", rank: 1, from: 102, to: 106 },
      { what: "pre-write", rank: 1, from: 106.5, to: 107.5 },
    ],
  },
  {
    ...{ submitted: 110, answered: 117, decided: 118 },
    work: [{ what: "compute", rank: 0, from: 111, to: 116 }],
  },
] as const;
const CHANGES = [
  { rank: 0, phase: "commit", at: 100 },
  { rank: 0, phase: "pre-write", at: 101 },
  { rank: 1, phase: "commit", at: 100 },
  { rank: 1, phase: "pre-write", at: 102 },
  { rank: 0, phase: "answer", at: 105 },
  { rank: 1, phase: "answer", at: 108 },
  { rank: 0, phase: "order", at: 105 },
  { rank: 1, phase: "order", at: 108 },
  { rank: 0, phase: "commit", at: 110 },
  { rank: 0, phase: "pre-write", at: 110.5 },
  { rank: 0, phase: "answer", at: 116 },
  { rank: 0, phase: "order", at: 116 },
] as const;

Deno.test("phasesOf() splits rounds into phases that add up to them, and finds where no device works", () => {
  const phases = phasesOf(ROUNDS, CHANGES);
  assertEquals(phases, [
    {
      ...{ compute: 4, preWrite: 0.5, commit: 1.5, wait: 2, select: 1 },
      // 106 to 106.5, and from 107.5 to the next request
      ...{ host: 1, gap: 3 },
    },
    {
      ...{ compute: 2.5, preWrite: 0, commit: 0.25, wait: 4.25, select: 1 },
      // 110.5 to 111, and from 116 on
      ...{ host: 0, gap: 2.5 },
    },
  ]);
  assertEquals(phases.map(roundOf), [10, 8]);
  assertEquals(meanPhases(phases).commit, 0.875);
});

Deno.test("phasesOf() takes a device without ranks by its native time", () => {
  const rounds = ROUNDS.slice(1);
  assertEquals(phasesOf(rounds, []), [{
    ...{ compute: 5, preWrite: 0, commit: 0, wait: 2, select: 1, host: 0 },
    gap: 3,
  }]);
});

Deno.test("timelineOf() gives lanes of ranks and of the coordinator from zero on", () => {
  const spans = timelineOf(ROUNDS, CHANGES, { first: 1, count: 5 });
  assertEquals(spans, [
    { lane: "rank 0", phase: "commit", from: 0, to: 0.5 },
    { lane: "rank 0", phase: "compute", from: 1, to: 6 },
    { lane: "coordinator", phase: "select", from: 7, to: 8 },
    { lane: "coordinator", phase: "host", from: 8, to: 8 },
  ]);
  const whole = timelineOf(ROUNDS, CHANGES, { first: 0, count: 2 });
  assertEquals([...new Set(whole.map(({ lane }) => lane))], [
    "rank 0",
    "rank 1",
    "coordinator",
  ]);
  assertEquals(
    whole.filter(({ phase }) => phase === "pre-write"),
    [{ lane: "rank 1", phase: "pre-write", from: 6.5, to: 7.5 }],
  );
  assertEquals(timelineOf(ROUNDS, CHANGES, { first: 2, count: 1 }), []);
  const single = ROUNDS[1].work.map(({ what, from, to }) => ({
    what,
    from,
    to,
  }));
  const alone = [{ ...ROUNDS[1], work: single }];
  assertEquals(timelineOf(alone, [], { first: 0, count: 1 })[0], {
    ...{ lane: "device", phase: "compute", from: 1, to: 6 },
  });
});

Deno.test("RoundClock reads every round of a decode and changes nothing in it", async () => {
  const toy = { seed: 3, promptLength: 6 };
  const decoder = lopa({ blockSize: 8, maxNewTokens: 24, lookaheads: 2 });
  const plain = await runDecode(toyModel(toy), decoder, toyPrompt(toy));
  const clock = new RoundClock();
  const timed = await runDecode(
    clock.model(toyModel(toy)),
    clock.decoder(decoder),
    toyPrompt(toy),
  );
  assertEquals(timed, plain);
  assertEquals(clock.rounds.length, plain.steps.length);
  for (const [i, { submitted, answered, decided }] of clock.rounds.entries()) {
    assert(submitted <= answered && answered <= decided);
    assert(i === 0 || clock.rounds[i - 1]!.decided <= submitted);
  }
  const phases = phasesOf(clock.rounds, clock.changes);
  const whole = clock.rounds.at(-1)!.decided - clock.rounds[0]!.submitted;
  const sum = phases.map(roundOf).reduce((a, b) => a + b, 0);
  assertAlmostEquals(sum, whole, 1e-6);
  clock.reset();
  assertEquals(clock.rounds, []);
});
