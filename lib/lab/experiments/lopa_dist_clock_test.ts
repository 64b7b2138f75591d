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

/** Two rounds of 10 and 8 ms; rank 1 is the slower one in the first. */
const ROUNDS = [
  { submitted: 100, answered: 108, decided: 109, nativeMs: 6 },
  { submitted: 110, answered: 117, decided: 118, nativeMs: 5 },
];
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
  { rank: 0, phase: "pre-write", at: 110 },
  { rank: 0, phase: "answer", at: 116 },
  { rank: 0, phase: "order", at: 116 },
] as const;

Deno.test("phasesOf() splits rounds into phases that add up to them", () => {
  const phases = phasesOf(ROUNDS, CHANGES);
  assertEquals(phases, [
    { compute: 5, commit: 1.5, wait: 1.5, select: 1, host: 1, native: 6 },
    { compute: 3, commit: 0, wait: 4, select: 1, host: 0, native: 5 },
  ]);
  assertEquals(phases.map(roundOf), [10, 8]);
  assertEquals(meanPhases(phases).commit, 0.75);
});

Deno.test("phasesOf() takes a device without ranks by its native time", () => {
  const [first] = phasesOf(ROUNDS, []);
  assertEquals(first, {
    ...{ compute: 6, commit: 0, wait: 0, select: 1, host: 3, native: 6 },
  });
});

Deno.test("timelineOf() gives lanes of ranks and of the coordinator from zero on", () => {
  const spans = timelineOf(ROUNDS, CHANGES, { first: 1, count: 5 });
  assertEquals(spans, [
    { lane: "rank 0", phase: "commit", from: 0, to: 0 },
    { lane: "rank 0", phase: "compute", from: 0, to: 6 },
    { lane: "coordinator", phase: "select", from: 7, to: 8 },
    { lane: "coordinator", phase: "host", from: 8, to: 8 },
  ]);
  const whole = timelineOf(ROUNDS, CHANGES, { first: 0, count: 2 });
  assertEquals([...new Set(whole.map(({ lane }) => lane))], [
    "rank 0",
    "rank 1",
    "coordinator",
  ]);
  assertEquals(timelineOf(ROUNDS, CHANGES, { first: 2, count: 1 }), []);
  assertEquals(timelineOf(ROUNDS, [], { first: 0, count: 1 })[0], {
    ...{ lane: "device", phase: "compute", from: 2, to: 8 },
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
