import { assertEquals, assertInstanceOf, assertThrows } from "@std/assert";
import { replay, ReplayError, replayResult } from "./replay.ts";
import type { Trace } from "./trace_types.ts";
import { parseTrace } from "./trace_reader.ts";
import { traceText } from "./trace_writer.ts";
import type { DecodeStep, Fill } from "./types.ts";

const MASK = 9;

function fill(position: number, token: number): Fill {
  return { position, token, score: 0.5, probability: 0.5, kind: "forced" };
}

function step(index: number, fields: Partial<DecodeStep>): DecodeStep {
  return {
    index,
    window: { start: 0, length: 6 },
    cached: 0,
    commitRows: 0,
    positions: 6,
    branches: [{ id: 0, anchor: true, score: null, masks: 4, length: 6 }],
    winner: 0,
    fills: [],
    ...fields,
  };
}

function trace(steps: readonly DecodeStep[], ids: readonly number[]): Trace {
  return {
    header: {
      decoder: { name: "hand-made", options: {} },
      model: {
        family: "llada",
        vocabSize: 10,
        maskId: MASK,
        eosId: 8,
        padId: 8,
        bosId: null,
        shift: false,
        maxPositions: 32,
        digest: "none",
      },
      vocabulary: { digest: "none" },
      stopStrings: [],
      prompt: { text: null, ids: [1, 2] },
      sample: 0,
      seed: null,
    },
    steps,
    result: {
      ids: Int32Array.from(ids),
      forwards: steps.length,
      branchForwards: steps.reduce((n, s) => n + s.branches.length, 0),
      referenceSteps: steps.length,
    },
    timings: [],
  };
}

const good = trace([
  step(1, { fills: [fill(3, 5)] }),
  step(2, { accepted: { position: 2, token: 4 }, fills: [fill(4, 6)] }),
], [4, 5, 6, MASK]);

Deno.test("replay: gives the canvas after every step, accepted lookahead tokens included", () => {
  const frames = [...replay(good)].map((frame) => [...frame.canvas]);
  assertEquals(frames, [
    [1, 2, MASK, 5, MASK, MASK],
    [1, 2, 4, 5, 6, MASK],
  ]);
});

Deno.test("replay: frames of a trace that was written and read are the same", () => {
  assertEquals([...replay(parseTrace(traceText(good)))], [...replay(good)]);
  assertEquals([...replayResult(good)], [1, 2, 4, 5, 6, MASK]);
});

Deno.test("replay: a MASK that was written leaves its position open", () => {
  const again = trace([
    step(1, { fills: [fill(2, MASK)] }),
    step(2, { fills: [fill(2, 3)] }),
  ], [3]);
  assertEquals([...replayResult(again)], [1, 2, 3]);
});

Deno.test("replay: contradictions are named with their step", () => {
  const cases: [Trace, number, string][] = [
    [trace([step(1, { fills: [fill(1, 3)] })], [3]), 1, "generation is [2, 3)"],
    [trace([step(1, { fills: [fill(3, 3)] })], [3]), 1, "writes position 3"],
    [
      trace([step(1, { fills: [fill(2, 3), fill(2, 4)] })], [3]),
      1,
      "already holds 3",
    ],
    [trace([step(1, { fills: [fill(2, 10)] })], [3]), 1, "vocabulary of 10"],
    [trace([step(1, {}), step(2, { winner: 1 })], []), 2, "winner 1 of 1"],
    [trace([step(1, { fills: [fill(2, 3)] })], [4]), 0, "ids[0] is 4"],
    [trace([step(1, {})], [4]), 0, "the steps wrote 9"],
    [
      { ...good, result: { ...good.result, forwards: 3 } },
      0,
      "forwards is 3, there are 2 steps",
    ],
    [
      { ...good, result: { ...good.result, branchForwards: 5 } },
      0,
      "branchForwards is 5, the steps ran 2",
    ],
  ];
  for (const [bad, at, text] of cases) {
    const error = assertThrows(() => [...replay(bad)], ReplayError, text);
    assertInstanceOf(error, ReplayError);
    assertEquals(error.step, at);
  }
});
