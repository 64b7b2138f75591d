import {
  assertAlmostEquals,
  assertEquals,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { parseTrace } from "../decoding/trace_reader.ts";
import { traceText } from "../decoding/trace_writer.ts";
import { EOS, handmadeTrace, MASK, PAD } from "./_handmade.ts";
import { countSample } from "./counts.ts";
import { measure, measureOne, METRICS } from "./metrics.ts";
import { cutAtStop, visibleText } from "./text.ts";
import { tpf, TPF_RULES } from "./tpf.ts";

const STRINGS = ["a", "b", "c", "d", "e", "f", "g", "<pad>", "<eos>", "<mask>"];

/** 8 positions in 3 rounds: 2 fills; 1 fill and an accepted one; 4 fills. EOS stands at index 5. */
const lopa = handmadeTrace({
  prompt: [1, EOS, 2],
  ids: [3, 4, 5, 6, 3, EOS, PAD, 4],
  steps: [
    { fills: [3, 4], branches: [11], positions: 11 },
    { fills: [5], accepted: 6, branches: [8, 8, 8], positions: 24 },
    { fills: [7, 8, 9, 10], branches: [4, 4], positions: 6 },
  ],
  referenceSteps: 4,
  strings: STRINGS,
  stopStrings: ["gd", "xyz"],
});
/** 4 positions in 1 round, no EOS, one MASK left. */
const short = handmadeTrace({
  ids: [3, 3, 3, MASK],
  steps: [{ fills: [2, 3, 4], branches: [4], positions: 4 }],
  strings: STRINGS,
});

function value(id: string, traces = [lopa, short]): number | null {
  return measureOne(traces, { id }).value;
}

Deno.test("countSample: every count of a hand-made trace", () => {
  assertEquals(countSample(lopa), {
    canvas: 8,
    nonEos: 7,
    nonPad: 7,
    nonMask: 8,
    beforeEos: 5,
    promptNonEos: 2,
    fills: 7,
    accepted: 1,
    forwards: 3,
    branchForwards: 6,
    referenceSteps: 4,
    positions: 41,
    branchPositions: 43,
    lookaheadWins: 1,
  });
});

Deno.test("measure: tokens per forward under every rule, ratio of sums and mean of ratios", () => {
  const expected: [string, number][] = [
    ["tpf.standard", 9 / 4],
    ["tpf.standard.mean", (5 / 3 + 4) / 2],
    ["tpf.canvas", 12 / 4],
    ["tpf.canvas.mean", (8 / 3 + 4) / 2],
    ["tpf.fast-dllm-canvas", 11 / 4],
    ["tpf.fast-dllm-humaneval", 15 / 4],
    ["tpf.diffulex", (5 / 3 + 4) / 2],
    ["tpf.diffulex.sums", 9 / 4],
    ["tpf.d2f", 11 / 4],
    ["tpf.lopa-dream", 12 / 6],
    ["tpf.lopa-dream.mean", (8 / 4 + 4 / 2) / 2],
    ["tpf.lopa-diffucoder", 11 / 4],
    ["tpf.lopa-nv", 11 / 6],
    ["tpf.reference", 12 / 5],
    ["tpf.committed", 11 / 4],
  ];
  for (const [id, wanted] of expected) {
    assertAlmostEquals(value(id)!, wanted, 1e-12, id);
  }
});

Deno.test("measure: costs of branches and positions", () => {
  assertEquals(value("cost.tokens-per-call"), 12 / 7);
  assertEquals(value("cost.positions-per-token"), 45 / 12);
  assertEquals(value("cost.positions-per-useful-token"), 45 / 9);
  assertEquals(value("cost.branches-per-forward"), 7 / 4);
  assertEquals(value("cost.lookahead-win-share"), 1 / 4);
});

Deno.test("tpf: text rules tokenise the visible text again, cut at stop strings", () => {
  const encode = (text: string) => [...text].map(() => 1);
  assertEquals(visibleText(lopa), "defgd");
  assertEquals(cutAtStop("defgd", ["gd", "e"]), "d");
  const one = [lopa];
  const rule = (name: string) => TPF_RULES.find((rule) => rule.name === name)!;
  assertEquals(tpf(one, { rule: rule("fast-dllm-text"), encode }), {
    value: 1,
  });
  const run = [...Array(10).fill(short), lopa];
  assertEquals(tpf(run, { rule: rule("visible-text"), encode }).value, 5 / 3);
  assertEquals(tpf(run, { rule: rule("visible-text-cut"), encode }).value, 1);
});

Deno.test("measure: a definition that cannot apply says why", () => {
  const reasons: [string, string][] = [
    ["tpf.visible-text", "first 10 samples are left out, and there are 2"],
    ["tpf.fast-dllm-text", "no tokenizer was given"],
    ["tps.lopa-mean", "no timings of their steps"],
    ["tps.total", "no timing of the whole request"],
    ["tps.server-step", "no server"],
    ["tps.batch", "one at a time"],
  ];
  for (const [id, text] of reasons) {
    const metric = measureOne([lopa, short], { id });
    assertEquals(metric.value, null, id);
    assertStringIncludes(metric.reason!, text);
  }
  const digestOnly = handmadeTrace({ ids: [3], steps: [{ fills: [2] }] });
  const metric = measureOne([digestOnly], {
    id: "tpf.fast-dllm-text",
    encode: () => [],
  });
  assertStringIncludes(metric.reason!, "by digest only");
  for (const metric of measure([])) assertEquals(metric.value, null, metric.id);
});

Deno.test("measure: tokens per second under every rule", () => {
  const timed = { ...lopa, timings: times([1000, 500, 1500], 4000) };
  const fast = { ...short, timings: times([100], 200) };
  const single: [string, number][] = [
    ["tps.lopa-mean", 8 / 2],
    ["tps.lopa-max", 8 / 2],
    ["tps.lopa-overall", 8 / 2],
    ["tps.generation", 7 / 3],
    ["tps.total", 7 / 4],
    ["tps.decode-only", 3 / 2],
    ["tps.client", 5 / 4],
  ];
  for (const [id, wanted] of single) {
    assertAlmostEquals(value(id, [timed])!, wanted, 1e-12, id);
  }
  assertAlmostEquals(value("tps.generation", [timed, fast])!, 11 / 3.1, 1e-12);
  assertEquals(value("tps.lopa-mean", [timed, fast]), null);
  const many = Array.from({ length: 12 }, (_, i) => ({
    ...lopa,
    timings: times([9, 1000 * (i + 1), 0], 1),
  }));
  const rates = many.map((_, i) => 8 / (i + 1));
  const top10 = rates.slice(0, 10).reduce((a, b) => a + b) / 10;
  assertAlmostEquals(value("tps.lopa-top10", many)!, top10, 1e-12);
  assertAlmostEquals(value("tps.lopa-max", many)!, 8, 1e-12);
});

function times(steps: readonly number[], whole: number) {
  return [
    ...steps.map((wallMs, i) => ({ step: i + 1, wallMs })),
    { step: 0, wallMs: whole },
  ];
}

Deno.test("measure: a trace that was written and read gives the same metrics", () => {
  const timed = { ...lopa, timings: times([1000, 500, 1500], 4000) };
  assertEquals(measure([parseTrace(traceText(timed))]), measure([timed]));
});

Deno.test("METRICS: ids are unique and an unknown one is refused", () => {
  assertEquals(new Set(METRICS.map(({ id }) => id)).size, METRICS.length);
  assertThrows(
    () => measureOne([lopa], { id: "tpf.unheard" }),
    RangeError,
    'no metric "tpf.unheard"',
  );
});
