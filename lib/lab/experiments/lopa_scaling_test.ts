import { assert, assertEquals, assertGreater } from "@std/assert";
import { SCALING_TRENDS, scalingClaims } from "../claims/scaling_claims.ts";
import { judgeAll } from "../claims/summary.ts";
import {
  TRAINED_MODELS,
  type TrainedModel,
} from "../evaluation/trained_models.ts";
import { type RowChange, trainedCells } from "./_trained_cells.ts";
import { gridOf } from "./lopa_scaling_grid.ts";
import { measureTrained } from "./lopa_scaling_measure.ts";
import {
  method,
  trainedDecoder,
  trainedMethodName,
} from "./lopa_scaling_methods.ts";
import { thirdsOf } from "./lopa_scaling_rows.ts";

function verdicts(
  models: readonly TrainedModel[] = TRAINED_MODELS,
  change: RowChange = () => ({}),
  problems = 20,
): Record<string, string> {
  const measurements = measureTrained(
    trainedCells({ models, change, problems }),
  );
  const claims = scalingClaims(TRAINED_MODELS);
  const judged = judgeAll(claims, [{ experiment: "e", measurements }]);
  return Object.fromEntries(
    judged.filter(({ verdict }) => verdict !== "not attempted")
      .map(({ claim, verdict }) => [claim.id, verdict]),
  );
}

/** 20 problems are too few to show that a score is kept. */
const failed = (id: string, verdict: string) =>
  verdict !== "reproduced" &&
  !(verdict === "undecided" && /-keeps-(base-)?score-/.test(id));

Deno.test("measureTrained() measures every claim of a whole default grid, and none fails where it should hold", () => {
  const found = verdicts();
  assertEquals(Object.keys(found).length, SCALING_TRENDS.length);
  const failures = Object.entries(found).filter((entry) => failed(...entry));
  assertEquals(failures, []);
  assert(Object.values(found).includes("undecided"));
});

Deno.test("measureTrained() of 200 problems leaves nothing undecided", () => {
  const found = verdicts(["d2f-dream-mini", "dream-mini"], undefined, 200);
  assertGreater(Object.keys(found).length, 10);
  for (const [id, verdict] of Object.entries(found)) {
    assertEquals(verdict, "reproduced", id);
  }
});

/** Changes the rows of one method of d2f-dream-mini (or the base) on one task. */
const only = (
  [model, task, name]: readonly [TrainedModel, string, string],
  change: RowChange,
): RowChange =>
(row, place) =>
  place.model === model && place.task === task && place.name === name
    ? change(row, place)
    : {};

const slow: RowChange = () => ({ forwards: 24 });
const wrong: RowChange = ({ id }) =>
  Number(id.split("/")[2]) % 2 === 0 ? { correct: false } : {};
const flat: RowChange = ({ answerSteps }) => ({
  answerSteps: answerSteps.map(() => 1),
});

Deno.test.each([
  ["tpf-rises", ["d2f-dream-mini", "gsm-mini", "lopa-7"], slow],
  [
    "gain-saturates",
    ["d2f-dream-mini", "gsm-mini", "lopa-14"],
    () => ({ forwards: 3 }),
  ],
  ["lopa-faster", ["d2f-dream-mini", "gsm-mini", "lopa-14"], slow],
  [
    "lopa-factor",
    ["d2f-dream-mini", "gsm-mini", "lopa-14"],
    () => ({ forwards: 12 }),
  ],
  [
    "lopa-factor",
    ["d2f-dream-mini", "gsm-mini", "lopa-14"],
    () => ({ forwards: 7 }),
  ],
  ["lopa-keeps-score", ["d2f-dream-mini", "gsm-mini", "lopa-14"], wrong],
  ["lopa-keeps-score", ["d2f-llada-mini", "code-mini", "lopa-7"], wrong],
  ["math-mid-sequence", ["d2f-dream-mini", "gsm-mini", "lopa-7"], flat],
  ["code-late", ["d2f-dream-mini", "code-mini", "lopa-7"], flat],
  [
    "diffucoder-faster",
    ["d2f-dream-mini", "code-mini", "lopa-diffucoder-6"],
    slow,
  ],
  ["lopa-helps-base", ["llada-mini", "code-mini", "lopa-canvas-3"], slow],
  ["lopa-keeps-base-score", ["dream-mini", "gsm-mini", "lopa-canvas-3"], wrong],
] as [string, [TrainedModel, string, string], RowChange][])(
  "measureTrained() finds where %s fails: %j",
  (name, place, change) => {
    const id = `mini-${name}-${place[0]}-${place[1]}`;
    const found = verdicts([place[0]], only(place, change));
    assertEquals(found[id], "differs");
    const others = Object.entries(found).filter(([other, verdict]) =>
      failed(other, verdict) && !other.endsWith(`${place[0]}-${place[1]}`)
    );
    assertEquals(others, []);
  },
);

Deno.test("measureTrained() leaves alone what has not run, and models that say nothing", () => {
  assertEquals(measureTrained([]), []);
  const quick = trainedCells({ mode: "quick", models: ["d2f-dream-mini"] })
    .filter(({ plan }) => plan.parameters.method.lookaheads !== 14);
  const names = measureTrained(quick).map(({ claim }) => claim);
  assert(names.includes("mini-lopa-factor-d2f-dream-mini-code-mini"));
  assert(!names.some((name) => name.includes("tpf-rises")));
  const silent = trainedCells({
    models: ["d2f-dream-mini"],
    change: () => ({ tokens: 0, ids: [] }),
  });
  assert(
    !measureTrained(silent).some(({ claim }) => claim.includes("lopa-faster")),
  );
});

Deno.test("thirdsOf() takes the mean over forwards of each third, short answers left out", () => {
  const [cell] = trainedCells({
    models: ["ar-mini"],
    problems: 2,
    change: ({ id }) => ({
      answerSteps: id.endsWith("0") ? [9, 9] : [1, 1, 2, 4, 3, 5],
    }),
  });
  assertEquals(thirdsOf(cell!), [1, 3, 4]);
});

Deno.test("gridOf() has the lookaheads and the problems of each mode", () => {
  const lookaheads = (mode: "default" | "full") =>
    gridOf("d2f-dream-mini", "gsm-mini", mode).filter(({ method }) =>
      method.name === "lopa"
    )
      .map(({ method }) => method.lookaheads);
  assertEquals(lookaheads("default"), [0, 1, 3, 7, 14]);
  assertEquals(lookaheads("full"), Array.from({ length: 15 }, (_, k) => k));
  const full = TRAINED_MODELS.flatMap((model) =>
    gridOf(model, "code-mini", "full")
  );
  assert(full.every(({ problems }) => problems >= 500));
  for (const model of TRAINED_MODELS) {
    const names = gridOf(model, "code-mini", "full").map(({ method }) =>
      trainedMethodName(method)
    );
    assertEquals(new Set(names).size, names.length);
  }
});

Deno.test("trainedDecoder() makes every method for both families, complete with defaults", () => {
  for (const family of ["dream", "llada"] as const) {
    for (
      const { method } of [
        ...gridOf("d2f-dream-mini", "code-mini", "full"),
        ...gridOf("dream-mini", "code-mini", "full"),
      ]
    ) {
      const place = { family, task: "code-mini", maxNewTokens: 60 };
      const { options } = trainedDecoder(method, place);
      assertEquals(options.maxNewTokens, 64);
    }
  }
  const place = {
    family: "dream",
    task: "gsm-mini",
    maxNewTokens: 64,
  } as const;
  const window = (name: "lopa" | "lopa-other-window") =>
    trainedDecoder(method(name, { lookaheads: 7 }), place).options.visibility;
  assertEquals([window("lopa"), window("lopa-other-window")], [
    "full",
    "block-causal",
  ]);
});
