import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertStringIncludes,
} from "@std/assert";
import { renderSvg } from "../../figures/static/svg.ts";
import type { Figure } from "../../figures/types.ts";
import type { TrainedModel } from "../evaluation/trained_models.ts";
import { trainedCells } from "./_trained_cells.ts";
import type { TrainedCell } from "./lopa_scaling.ts";
import { trainedFigures } from "./lopa_scaling_figures.ts";
import { trainedDecoder, trainedMethodName } from "./lopa_scaling_methods.ts";

const FREE = "gsm-mini-free";

/** The cells, and those on gsm-mini by the methods that also run on the control with free choices, as if on it. */
function withFreeChoices(cells: readonly TrainedCell[]): TrainedCell[] {
  const methods = ["one-by-one", "few-step", "one-token", "d2f", "lopa-7"];
  const free = cells.flatMap((cell): TrainedCell[] => {
    const { parameters } = cell.plan;
    const { method, task } = parameters;
    if (task !== "gsm-mini") return [];
    if (!methods.includes(trainedMethodName(method))) return [];
    const place = { family: "dream", task: FREE, maxNewTokens: 64 } as const;
    const decoder = trainedDecoder(method, place);
    return [{
      ...cell,
      plan: {
        ...cell.plan,
        parameters: { ...parameters, task: FREE, decoder },
      },
    }];
  });
  return [...cells, ...free];
}

async function figuresOf(
  cells: readonly TrainedCell[],
): Promise<Map<string, Figure>> {
  const figures = await trainedFigures(cells);
  return new Map(figures.map((figure) => [figure.id, figure]));
}

const ALL = [
  "lopa-fig4",
  "lopa-fig5-dream",
  "lopa-fig5-llada",
  "lopa-progress",
  "lopa-plane-dream",
  "lopa-plane-llada",
  "lopa-controls",
  "lopa-free-choices",
  "lopa-ablations",
];

Deno.test("trainedFigures() draws every figure of a whole default grid, the paper's numbers among them", async () => {
  const figures = await figuresOf(withFreeChoices(trainedCells()));
  assertEquals([...figures.keys()], ALL);
  for (const figure of figures.values()) {
    assertStringIncludes(await renderSvg(figure), "<title");
    assert(!/NaN|undefined|null/.test(figure.description), figure.description);
  }
  const fig4 = figures.get("lopa-fig4")!.rows;
  const of = (source: string) => fig4.filter((row) => row.source === source);
  assertEquals(of("measured").length, 2 * 2 * 5);
  assertEquals(of("paper").length, 13 + 12);
  assertEquals(of("one token per step").length, 4);
  const [first] = of("measured");
  assertEquals([first!.lookaheads, first!.tpf, first!.score], [0, 2, 90]);
  assertEquals(of("paper").at(-1), {
    ...{ source: "paper", task: "code-mini", benchmark: "HumanEval" },
    ...{ lookaheads: 13, tpf: 7.19, score: 47.6 },
  });
  assert(!fig4.some((row) => row.task === FREE));
  const fig5 = figures.get("lopa-fig5-dream")!.rows;
  assertEquals(
    [...new Set(fig5.map((row) => `${row.task} ${row.source}`))],
    [
      "gsm-mini measured",
      "gsm-mini paper",
      "code-mini measured",
      "code-mini paper",
    ],
  );
});

Deno.test("trainedFigures() shows where answers are written in parallel: only answers count, each stretched to one length", async () => {
  const cells = trainedCells({
    models: ["d2f-dream-mini"],
    change: ({ id }) => ({
      answerSteps: id.endsWith("0") ? [6, 0] : [1, 1, 4, 4],
      steps: [9, 9, 9, 9],
    }),
  });
  const { rows } = (await figuresOf(cells)).get("lopa-progress")!;
  const curve = rows.filter(({ series }) => series === "gsm-mini, 8 sequences");
  // Two of twenty answers have two steps.
  const [early, late] = [(2 * 6 + 18 * 1) / 20, (18 * 4) / 20];
  const wanted = [...Array(6).fill(early), ...Array(6).fill(late)];
  for (const [i, { mean }] of curve.entries()) {
    assertAlmostEquals(mean as number, wanted[i]!, 1e-12);
  }
  assertEquals([curve.length, curve[0]!.answers], [12, 20]);
  assertAlmostEquals(curve[0]!.progress as number, 1 / 24, 1e-12);
  assert(
    (curve[0]!.low as number) < early && early < (curve[0]!.high as number),
  );
});

Deno.test("trainedFigures() holds methods against each other with intervals, and variants beside what they vary", async () => {
  const cells = withFreeChoices(trainedCells({
    change: ({ id }, { name }) =>
      name === "few-step" && /\/[1-4]$/.test(id) ? { correct: false } : {},
  }));
  const figures = await figuresOf(cells);
  const controls = figures.get("lopa-controls")!.rows;
  const [fewStep] = controls;
  assertEquals([fewStep!.panel, fewStep!.line, fewStep!.problems], [
    ...["gsm-mini", "dream-mini few-step<br>against dream-mini one-by-one", 20],
  ]);
  assertAlmostEquals(fewStep!.value as number, -20, 1e-9);
  assertEquals(new Set(controls.map(({ panel }) => panel)).size, 3);
  const free = figures.get("lopa-free-choices")!;
  assertEquals(new Set(free.rows.map(({ series }) => series)).size, 2);
  assertStringIncludes(free.description, "dream-mini few-step 70.0% at 4.00");
  const ablations = figures.get("lopa-ablations")!.rows;
  const lines = [...new Set(ablations.map(({ line }) => line))];
  assertEquals(lines.slice(0, 5), [
    "d2f-dream-mini: D2F<br>full window, neg. entropy",
    "d2f-dream-mini: D2F<br>block-causal window, neg. entropy",
    "d2f-dream-mini: LoPA, 7 lookaheads<br>full window, neg. entropy",
    "d2f-dream-mini: LoPA, 7 lookaheads<br>block-causal window, neg. entropy",
    "d2f-dream-mini: LoPA, 7 lookaheads<br>full window, probability",
  ]);
  assertEquals(lines.length, 10);
  const plane = figures.get("lopa-plane-dream")!.rows;
  const area = plane.find((row) =>
    row.kind === "area" && row.curve === "LoPA" && row.task === "gsm-mini"
  )!;
  assertEquals([area.points, area.aup], [6, 90 * 48 / 9]);
});

Deno.test.each([
  [[], []],
  [["ar-mini"], []],
  [["dream-mini"], ["lopa-plane-dream", "lopa-controls"]],
  [["d2f-llada-mini"], [
    ...["lopa-fig4", "lopa-fig5-llada", "lopa-progress", "lopa-plane-llada"],
    "lopa-ablations",
  ]],
] as [TrainedModel[], string[]][])(
  "trainedFigures() draws what the models %j allow",
  async (models, wanted) => {
    const figures = await figuresOf(trainedCells({ models }));
    assertEquals([...figures.keys()], wanted);
    for (const figure of figures.values()) await renderSvg(figure);
  },
);

Deno.test("trainedFigures() draws models that never answer right, or say nothing", async () => {
  const cells = withFreeChoices(
    trainedCells({
      mode: "quick",
      change: () => ({ correct: false, tokens: 0, ids: [], answerSteps: [] }),
    }),
  );
  const figures = await figuresOf(cells);
  assertEquals(
    [...figures.keys()],
    ALL.filter((id) => !/plane|progress|ablations/.test(id)),
  );
  for (const figure of figures.values()) {
    assert(!/NaN/.test(await renderSvg(figure)), figure.id);
  }
});
