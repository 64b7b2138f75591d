import {
  assert,
  assertEquals,
  assertGreater,
  assertLess,
  assertThrows,
} from "@std/assert";
import { judgeAll } from "../claims/summary.ts";
import {
  TINY_MODELS,
  TINY_TRENDS,
  tinyClaimId,
  tinyClaims,
} from "../claims/tiny_claims.ts";
import { goldenDirectory } from "../golden_archive.ts";
import { decoderData, type Method, methodName } from "./methods.ts";
import { TinyModels } from "./tiny_models.ts";
import { tpfScaling } from "./tpf_scaling.ts";
import { measureScaling } from "./tpf_scaling_measure.ts";
import type { ScalingSample } from "./tpf_scaling_result.ts";
import { metricOf, type ScalingCell, summarise } from "./tpf_scaling_rows.ts";
import { scalingTables } from "./tpf_scaling_tables.ts";

const METHODS: readonly Method[] = [
  { name: "vanilla" },
  { name: "few-step" },
  { name: "threshold" },
  { name: "one-token" },
  { name: "d2f" },
  ...[0, 1, 3, 7, 14].map((
    lookaheads,
  ) => ({ name: "lopa", lookaheads } as const)),
];

/** Forwards of an answer of 64 positions, made up so that all trends hold. */
const FORWARDS: Readonly<Record<string, number>> = {
  vanilla: 64,
  "few-step": 16,
  threshold: 40,
  "one-token": 64,
  d2f: 32,
  "lopa-0": 32,
  "lopa-1": 24,
  "lopa-3": 18,
  "lopa-7": 14,
  "lopa-14": 13,
};

function cell(
  model: (typeof TINY_MODELS)[number],
  method: Method,
  change: Partial<ScalingSample> = {},
): ScalingCell {
  const forwards = FORWARDS[methodName(method)]!;
  const sample = {
    prompt: "p",
    ids: [1, 2, 3],
    text: "abc",
    canvas: 64,
    fills: 60,
    accepted: 4,
    forwards,
    referenceSteps: forwards,
    ...change,
  };
  const metric = (id: string, value: number) => ({ id, value, unit: "" });
  const row = { samples: 2, q1: 1, median: 1, q3: 1 };
  return {
    plan: {
      parameters: { model, method, decoder: decoderData(method, "dream") },
      label: `${model} ${methodName(method)}`,
      model: "m",
      task: "t",
      precision: "f32",
      seconds: 1,
    },
    key: "k",
    ms: 1,
    reused: false,
    result: {
      samples: [sample, sample],
      metrics: [
        metric("tpf.reference", 64 / sample.referenceSteps),
        metric("tpf.canvas", 64 / sample.forwards),
        metric("cost.tokens-per-call", 1),
        metric("cost.positions-per-token", 2),
        { id: "tpf.visible-text", unit: "", value: null, reason: "too few" },
      ],
      steps: [{ step: 1, mean: 2, ...row }],
      stepsAccepted: [{ step: 1, mean: 2, ...row }],
    },
  };
}

const ALL = TINY_MODELS.flatMap((model) =>
  METHODS.map((method) => cell(model, method))
);

function verdicts(cells: readonly ScalingCell[]): Record<string, string> {
  const measurements = measureScaling(cells);
  const judged = judgeAll(tinyClaims(), [{ experiment: "e", measurements }]);
  return Object.fromEntries(
    judged.map(({ claim, verdict }) => [claim.id, verdict]),
  );
}

Deno.test("measureScaling() measures every trend on every tiny model, and all hold where they should", () => {
  const found = verdicts(ALL);
  assertEquals(
    Object.keys(found).length,
    TINY_TRENDS.length * TINY_MODELS.length,
  );
  for (const [id, verdict] of Object.entries(found)) {
    assertEquals(verdict, "reproduced", id);
  }
});

Deno.test.each([
  ["tpf-rises", "lopa-7", { referenceSteps: 30 }],
  ["gain-saturates", "lopa-14", { referenceSteps: 3 }],
  ["lopa-above-d2f", "lopa-7", { referenceSteps: 32 }],
  ["vanilla-one-token", "vanilla", { forwards: 63 }],
  ["zero-lookaheads", "lopa-0", { ids: [1, 2, 4] }],
  ["zero-lookaheads", "lopa-0", { forwards: 31 }],
  ["zero-lookaheads", "d2f", { canvas: 48 }],
  ["parallelism-order", "lopa-3", { fills: 20 }],
  ["curves-end-earlier", "lopa-3", { forwards: 24 }],
  ["token-count", "lopa-14", { accepted: 3 }],
  ["few-step", "few-step", { forwards: 17 }],
  ["threshold-faster", "threshold", { forwards: 64 }],
] as [string, string, Partial<ScalingSample>][])(
  "measureScaling() lets %s differ when %s has %j",
  (trend, method, change) => {
    const cells = ALL.map((one) => {
      const { parameters } = one.plan;
      return methodName(parameters.method) === method
        ? cell(parameters.model, parameters.method, change)
        : one;
    });
    for (const model of TINY_MODELS) {
      assertEquals(verdicts(cells)[tinyClaimId(trend, model)], "differs");
    }
  },
);

Deno.test("measureScaling() leaves out what it has no cells for", () => {
  assertEquals(measureScaling([]), []);
  const some = ALL.filter(({ plan }) => plan.parameters.method.name !== "d2f");
  assertEquals(
    verdicts(some)[tinyClaimId("zero-lookaheads", "dream-tiny")],
    "not attempted",
  );
  assertEquals(
    verdicts(some)[tinyClaimId("tpf-rises", "dream-tiny")],
    "reproduced",
  );
});

Deno.test("summarise() gives TPF with an interval, costs and agreement with one token per step", () => {
  const cells = ALL.map((one) =>
    one.plan.label === "dream-tiny lopa-14"
      ? cell("dream-tiny", { name: "lopa", lookaheads: 14 }, { ids: [1, 2] })
      : one
  );
  const row = summarise(cells).find((entry) =>
    entry.model === "dream-tiny" && entry.lookaheads === 14
  )!;
  assertEquals([row.tpf, row.tpfLow, row.tpfHigh], [64 / 13, 64 / 13, 64 / 13]);
  assertEquals(row.agreementOneToken, 2 / 3);
  assertEquals(row.positionsPerToken, 2);
});

Deno.test("metricOf() refuses a metric that does not apply, with its reason", () => {
  assertThrows(
    () => metricOf(ALL[0]!, "tpf.visible-text"),
    RangeError,
    "too few",
  );
  assertThrows(
    () => metricOf(ALL[0]!, "tpf.x"),
    RangeError,
    "none of this name",
  );
});

Deno.test("scalingTables() has a row per method, per definition, per step and per answer", () => {
  const tables = scalingTables(ALL);
  assertEquals(tables.map(({ name, rows }) => [name, rows.length]), [
    ["tpf-scaling", 20],
    ["tpf-scaling-definitions", 100],
    ["parallel-tokens", 20],
    ["tpf-scaling-answers", 40],
  ]);
});

Deno.test("a cell of the TPF scaling experiment gives the answers of the golden traces", async () => {
  const experiment = tpfScaling(new TinyModels());
  const plans = await experiment.plan("quick");
  const plan = plans.find(({ label }) => label === "dream-tiny lopa-3")!;
  const reports: number[] = [];
  const result = await experiment.run(plan, {
    signal: new AbortController().signal,
    report: (done, total) => reports.push(done / total),
  });
  await experiment.close();
  const path = "traces/dream-lopa/script-full-k3-bs16-t1.json";
  const golden = JSON.parse(
    await Deno.readTextFile(`${await goldenDirectory()}/${path}`),
  ) as { runs: { result: { text: string; ref_tpf: number } }[] };
  assertEquals(
    result.samples.map(({ text }) => text),
    golden.runs.map((run) => run.result.text),
  );
  assertEquals(
    result.samples.map((sample) =>
      (sample.canvas / sample.referenceSteps).toFixed(4)
    ),
    golden.runs.map((run) => run.result.ref_tpf.toFixed(4)),
  );
  assertEquals(reports.at(-1), 1);
  const tpf = result.metrics.filter(({ id }) => id.startsWith("tpf."));
  assertGreater(tpf.length, 20);
  for (const { id, value } of tpf) assert(value !== null, id);
  assert(
    result.samples.every(({ canvas, fills, accepted }) =>
      canvas === fills + accepted
    ),
  );
});

Deno.test("the TPF scaling grid has 0 to 14 lookaheads on both models and is smaller in quick mode", async () => {
  const experiment = tpfScaling(new TinyModels());
  const lookaheads = async (mode: "quick" | "default" | "full") => {
    const plans = await experiment.plan(mode);
    return TINY_MODELS.map((model) =>
      plans.flatMap(({ parameters: { method, ...rest } }) =>
        rest.model === model && method.name === "lopa"
          ? [method.lookaheads]
          : []
      )
    );
  };
  const all = Array.from({ length: 15 }, (_, k) => k);
  assertEquals(await lookaheads("default"), [all, all]);
  assertEquals(await lookaheads("full"), [all, all]);
  const [quick] = await lookaheads("quick");
  assertLess(quick!.length, 15);
  for (const k of [0, 1, 3, 7, 14]) assert(quick!.includes(k));
  const tasks = new Set<string | null>();
  for (const mode of ["quick", "default", "full"] as const) {
    tasks.add((await experiment.plan(mode))[0]!.task);
  }
  assertEquals(tasks.size, 3);
});
