import {
  assert,
  assertEquals,
  assertGreater,
  assertRejects,
  assertThrows,
} from "@std/assert";
import type { Trace } from "../../decoding/trace_types.ts";
import { nativeTest } from "../../engine/_fixture.ts";
import { countSample } from "../../metrics/counts.ts";
import { settledPasses } from "../../metrics/passes.ts";
import { goldenDirectory } from "../golden_archive.ts";
import { canonicalJson } from "../json.ts";
import { toyTask } from "./_toy_task.ts";
import { evaluate, type EvaluationRequest } from "./evaluate.ts";
import { openLanes } from "./lanes.ts";
import { type ProblemRow, ROW_BLOCK } from "./problem_row.ts";
import { compareRows, pairRows, score } from "./scores.ts";

const checkpoint = async (name: string) =>
  `${await goldenDirectory()}/checkpoints/${name}`;

const BLOCKS = { blockSize: 8, maxNewTokens: 32, confidenceThreshold: 0.9 };
const request = (
  more: Partial<EvaluationRequest> = {},
): EvaluationRequest => ({
  task: toyTask(),
  split: "test",
  first: 0,
  count: 8,
  decoder: { name: "lopa", options: { ...BLOCKS, lookaheads: 3 } },
  ...more,
});

nativeTest(
  "evaluate() gives one graded row per problem in order, whatever the number of lanes",
  async () => {
    const task = toyTask();
    const traces = new Map<number, Trace>();
    const reported: number[] = [];
    const found = [];
    for (const lanes of [1, 3]) {
      const directory = await checkpoint("dream-tiny");
      const model = await openLanes(directory, { lanes, dtype: "f32" });
      found.push(
        await evaluate(
          model,
          request({
            task,
            first: 2,
            onTrace: (trace) => void traces.set(trace.header.sample, trace),
            report: (done) => void reported.push(done),
          }),
        ),
      );
      await model.close();
    }
    const [one, three] = found;
    assertEquals(canonicalJson(three), canonicalJson(one));
    assertEquals(task.calls.grades, 16);
    assertEquals(reported, [1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 6, 7, 8]);
    assertEquals(
      one!.rows.map(({ id }) => id),
      Array.from({ length: 8 }, (_, i) => `toy/test/${i + 2}`),
    );
    assertGreater(one!.rows.filter(({ correct }) => correct).length, 3);
    for (const [i, row] of one!.rows.entries()) {
      checkRow(row, traces.get(i + 2)!);
    }
    const canvas = one!.metrics.find(({ id }) => id === "tpf.canvas")!;
    const sum = (of: (row: ProblemRow) => number) =>
      one!.rows.reduce((total, row) => total + of(row), 0);
    assertEquals(
      canvas.value,
      sum(({ canvas }) => canvas) / sum(({ forwards }) => forwards),
    );
  },
);

function checkRow(row: ProblemRow, trace: Trace): void {
  const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);
  const counts = countSample(trace);
  assertEquals(row.tokens, row.ids.length);
  assert(!row.ids.includes(trace.header.model.eosId));
  assertEquals([...trace.result.ids.subarray(0, row.tokens)], [...row.ids]);
  assertEquals(sum(row.steps) + row.accepted, row.canvas);
  assertEquals(sum(row.answerSteps), row.tokens);
  assertEquals(row.steps.length, row.forwards);
  assertEquals(
    [row.positions, row.calls],
    [counts.positions, counts.branchForwards],
  );
  assertEquals(row.reason === "correct", row.correct);
  assertEquals(row.settled, settledPasses(trace));
  assertEquals(row.blocks.length, Math.ceil(row.canvas / ROW_BLOCK));
  const holding = Math.floor(row.tokens / ROW_BLOCK) + 1;
  assertEquals(row.inside, Math.min(row.blocks.length, holding));
  assert(row.committed > 0 && row.committed <= 1);
}

nativeTest(
  "evaluate() draws a stream of its own for every problem",
  async () => {
    const directory = await checkpoint("dream-tiny");
    const texts = async (lanes: number, seed: number) => {
      const model = await openLanes(directory, { lanes });
      const options = { maxNewTokens: 16, temperature: 1, seed };
      const { rows } = await evaluate(
        model,
        request({ decoder: { name: "dream-vanilla", options } }),
      );
      await model.close();
      return rows.map(({ text }) => text);
    };
    const first = await texts(2, 1);
    assertEquals(await texts(1, 1), first);
    assert(String(await texts(2, 2)) !== String(first));
  },
);

nativeTest(
  "evaluate() stops all lanes on a signal or when grading fails, with the reason",
  async () => {
    const model = await openLanes(await checkpoint("dream-tiny"), { lanes: 2 });
    const stop = new AbortController();
    const reason = new Error("enough");
    const stopping = evaluate(
      model,
      request({
        count: 1000,
        signal: stop.signal,
        report: (done) => done === 3 && stop.abort(reason),
      }),
    );
    assertEquals(await assertRejects(() => stopping), reason);
    const task = {
      ...toyTask(),
      grade: () => Promise.reject(new Error("no grader")),
    };
    await assertRejects(
      () => evaluate(model, request({ task, count: 1000 })),
      Error,
      "no grader",
    );
    await model.close();
  },
);

nativeTest("openLanes() leaves nothing open when it fails", async () => {
  await assertRejects(() => openLanes("/nowhere"));
});

/** A made-up row. */
function row(id: number, more: Partial<ProblemRow> = {}): ProblemRow {
  return {
    id: `t/${id}`,
    labels: {},
    correct: true,
    reason: "correct",
    text: "",
    ids: [1, 2, 3, 4],
    tokens: 4,
    canvas: 8,
    forwards: 2,
    calls: 4,
    referenceSteps: 3,
    positions: 40,
    accepted: 0,
    steps: [4, 4],
    answerSteps: [2, 2],
    ...{ settled: 2, blocks: [2], inside: 1, committed: 0.9 },
    ...more,
  };
}

Deno.test("score() counts answers' tokens, and gives every rate with its interval", () => {
  const rows = [
    row(0),
    row(1, { correct: false, tokens: 2, forwards: 4, positions: 20 }),
  ];
  const found = score(rows);
  assertEquals(
    [found.problems, found.correct, found.accuracy, found.tpf],
    [2, 1, 0.5, 1],
  );
  assertEquals(
    [found.referenceTpf, found.tokensPerCall, found.positionsPerToken],
    [16 / 6, 6 / 8, 10],
  );
  assertEquals(found.forwards, 3);
  assertEquals(found.tpfInterval, { low: 0.5, high: 2 });
  assert(found.accuracyInterval.low > 0.05 && found.accuracyInterval.high < 1);
  assertThrows(() => score([]), RangeError);
  assertEquals(score([row(0, { tokens: 0, ids: [] })]).positionsPerToken, 40);
});

Deno.test("compareRows() pairs by problem: McNemar, ratio of rates, agreement", () => {
  const fast = [
    row(0, { forwards: 1 }),
    row(1, { correct: false, ids: [1, 2, 3, 5] }),
    row(7),
  ];
  const slow = [row(1, { forwards: 4 }), row(0, { forwards: 4 }), row(9)];
  assertEquals(pairRows(fast, slow).map(([a, b]) => [a.id, b.id]), [
    ["t/0", "t/0"],
    ["t/1", "t/1"],
  ]);
  const found = compareRows(fast, slow);
  assertEquals(found.problems, 2);
  assertEquals(found.accuracy.difference, -0.5);
  assertEquals(found.accuracy.p, 1);
  assertEquals(found.tpfRatio, (8 / 3) / 1);
  assertEquals(found.tpfRatioInterval, { low: 2, high: 4 });
  assertEquals([found.agreement, found.same], [(1 + 0.75) / 2, 0.5]);
  assertThrows(() => compareRows(fast, [row(5)]), RangeError, "no items");
});
