import {
  assert,
  assertEquals,
  assertGreater,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { accuracyPlaneFigure } from "./accuracy_plane.ts";
import { decodingProgressFigure } from "./decoding_progress.ts";
import { dotPlotFigure, type DotRow } from "./dot_plot.ts";
import { escapeXml } from "./escape.ts";
import { lookaheadCurvesFigure } from "./lookahead_curves.ts";
import { parallelPanelsFigure } from "./parallel_panels.ts";
import { isNumeric, readableRows } from "./readable.ts";
import { figureBundle, MAX_OUTPUT_BYTES } from "./show.ts";
import { renderPng } from "./static/png.ts";
import { renderSvg } from "./static/svg.ts";
import type { Figure } from "./types.ts";

/** The parts of a trace that are looked at here. */
interface Trace {
  readonly name?: string;
  readonly showlegend?: boolean;
  readonly xaxis: string;
  readonly mode?: string;
  readonly x: readonly number[];
  readonly y: readonly number[];
  readonly error_y?: { readonly array: readonly number[] };
}

const tracesOf = ({ spec }: Figure) => spec.data as unknown as Trace[];
const legendOf = (figure: Figure) =>
  tracesOf(figure).filter(({ showlegend }) => showlegend === true)
    .map(({ name }) => name);
const titlesOf = ({ spec }: Figure) =>
  (spec.layout.annotations as { readonly text: string }[])
    .map(({ text }) => text);

const TASKS = ["gsm-mini", "code-mini"];

function curves(): Figure {
  const measured = ["one", "two"].flatMap((model, n) =>
    TASKS.flatMap((task) =>
      [0, 7, 14].map((lookaheads) => ({
        ...{ model, task, lookaheads, problems: 100 - 60 * n },
        ...{ tpf: 2 + lookaheads, tpfLow: 1.5 + lookaheads },
        tpfHigh: 3 + lookaheads,
        ...{ score: 90 - n, scoreLow: 83, scoreHigh: 95 },
        ...{ positionsPerToken: 20 + lookaheads, tokensPerCall: 1 },
      }))
    )
  );
  return lookaheadCurvesFigure({
    measured,
    paper: [
      {
        task: "gsm-mini",
        benchmark: "GSM8K",
        lookaheads: 2,
        tpf: 5,
        score: 75,
      },
      {
        task: "gsm-mini",
        benchmark: "GSM8K",
        lookaheads: 7,
        tpf: 8,
        score: 74,
      },
    ],
    oneToken: [{ model: "two", task: "gsm-mini", score: 92 }],
    seed: 11,
  });
}

function panels(): Figure {
  const rows = [1, 2, 3, 4].flatMap((step) => [
    {
      ...{ source: "measured" as const, series: "D2F", step, mean: step },
      ...{ q1: step - 1, q3: step + 1, samples: [20, 20, 9, 1][step - 1]! },
    },
    {
      ...{ source: "paper" as const, series: "D2F", step, mean: 2 * step },
      ...{ q1: step, q3: 3 * step, samples: null },
    },
  ]);
  return parallelPanelsFigure(
    TASKS.map((task) => ({ task, benchmark: "B", problems: 20, rows })),
    { id: "lopa-fig5-x", model: "d2f-x" },
  );
}

function progress(): Figure {
  return decodingProgressFigure(
    TASKS.flatMap((series, n) =>
      [0.25, 0.75].map((progress) => ({
        ...{ panel: "d2f-x", series, progress, answers: 12 },
        ...{ mean: n + progress, low: n, high: n + 1 },
      }))
    ),
    { seed: 11 },
  );
}

function plane(): Figure {
  const point = (curve: string, tpf: number, score: number) => ({
    ...{ task: "gsm-mini", curve, method: `m${tpf}`, problems: 100 },
    ...{ tpf, tpfLow: tpf - 0.1, tpfHigh: tpf + 0.1 },
    ...{ score, scoreLow: score - 4, scoreHigh: score + 4 },
  });
  return accuracyPlaneFigure({
    id: "lopa-plane-x",
    models: "x and d2f-x",
    points: [
      ...[point("D2F", 1, 92), point("D2F", 2.4, 91)],
      ...[point("LoPA", 1, 92), point("LoPA", 6.4, 90)],
    ],
    areas: [
      { task: "gsm-mini", curve: "D2F", points: 2, aup: 219.6 },
      { task: "gsm-mini", curve: "LoPA", points: 2, aup: 561.3 },
    ],
    seed: 11,
  });
}

const dot = (line: string, more: Partial<DotRow> = {}): DotRow => ({
  ...{ panel: "Score", line, series: "s" },
  ...{ value: 3, low: 1, high: 4, problems: 50 },
  ...more,
});

function dots(rows: readonly DotRow[] = [dot("a<br>b"), dot("c")]): Figure {
  return dotPlotFigure(rows, {
    id: "lopa-dots",
    title: "Dots",
    subtitle: "95% intervals",
    description: "c 3.0",
    panels: [
      { title: "Score", x: "Right answers (%)", marks: [[0, "level"]] },
      { title: "Rate", x: "TPF", fromZero: true },
    ],
  });
}

const FIGURES: [Figure, readonly string[]][] = [
  [curves(), ["Lookaheads k", "Right answers (%)", "Positions per token"]],
  [panels(), ["Tokens per step", "gsm-mini, measured (n = 20)", "paper, 7B"]],
  [progress(), ["Tokens per forward", "seed 11", "d2f-x (n = 12)"]],
  [plane(), ["Tokens per forward (TPF)", "561 (2)", "gsm-mini (n = 100)"]],
  [dots(), ["Right answers (%)", "n = 50", "level"]],
  [dots([dot("a"), dot("a", { series: "t", problems: 9 })]), ["n = 9 to 50"]],
];
for (const [figure, words] of FIGURES) {
  Deno.test(`${figure.id} draws the same bytes twice with ${words[0]}, seen or read`, async () => {
    const svg = await renderSvg(figure);
    assertEquals(await renderSvg(figure), svg);
    for (const text of [figure.title, figure.description, ...words]) {
      assertStringIncludes(svg, escapeXml(text));
    }
    assert(!/NaN|undefined/.test(svg), "no broken coordinates");
    const png = await renderPng(svg, 1);
    assertEquals([...png.subarray(0, 4)], [0x89, 0x50, 0x4e, 0x47]);
    const bundle = await figureBundle(figure);
    assertGreater(MAX_OUTPUT_BYTES, JSON.stringify(bundle).length);
    assert("application/vnd.plotly.v1+json" in bundle);
  });
}

Deno.test("lookaheadCurvesFigure() has a column per task with rate, score and price, and says what is the paper's", () => {
  const figure = curves();
  assertEquals(titlesOf(figure), [
    "<b>gsm-mini (paper: GSM8K)</b>",
    "<b>code-mini</b>",
  ]);
  assertEquals(legendOf(figure), [
    "paper, 7B models (digitised)",
    "one, n = 100",
    "two, n = 40",
    "dotted: the model at one token per step",
  ]);
  const on = (axis: string, name: string) =>
    tracesOf(figure).find((trace) =>
      trace.xaxis === axis && trace.name === name
    )!;
  assertEquals(on("x", "one, n = 100").y, [2, 9, 16]);
  assertEquals(on("x", "one, n = 100").error_y!.array, [1, 1, 1]);
  assertEquals(on("x3", "two, n = 40").y, [89, 89, 89]);
  assertEquals(on("x5", "two, n = 40").y, [20, 27, 34]);
  assertEquals(on("x5", "two, n = 40").error_y, undefined);
  assertEquals(on("x3", "paper, 7B models (digitised)").y, [75, 74]);
  const { yaxis3, title, ...axes } = figure.spec.layout as {
    readonly yaxis3: { readonly range: readonly number[] };
    readonly title: { readonly text: string };
    readonly xaxis4: { readonly showticklabels: boolean };
    readonly xaxis6: { readonly showticklabels: boolean };
  };
  assertEquals(yaxis3.range, [70, 102]);
  assertEquals(
    [axes.xaxis4, axes.xaxis6].map(({ showticklabels }) => showticklabels),
    [false, true],
  );
  assertStringIncludes(
    title.text,
    "14 lookaheads against 0: 8.0 times the tokens per forward, score 0 points",
  );
  assertEquals(figure.rows.length, 12 + 1 + 2);
  assertStringIncludes(
    figure.description,
    "one on gsm-mini, 0 to 14 lookaheads: 2.00 to 16.00",
  );
});

Deno.test("parallelPanelsFigure() thins the line where fewer than half of the answers are left", () => {
  const figure = panels();
  const lines = tracesOf(figure).filter(({ xaxis, mode, x }) =>
    xaxis === "x" && (mode !== "lines" || x.length < 5)
  );
  assertEquals(lines.map(({ x }) => x), [[1, 2], [2, 3, 4]]);
  assertEquals(legendOf(figure), ["D2F"]);
  // (20 x 1 + 20 x 2 + 9 x 3 + 1 x 4) / 50
  assertStringIncludes(figure.description, "gsm-mini D2F 1.82");
  assertEquals(figure.rows.length, 16);
});

Deno.test("decodingProgressFigure() and accuracyPlaneFigure() name every curve once", () => {
  assertEquals(legendOf(progress()), TASKS);
  assertStringIncludes(
    progress().description,
    "d2f-x code-mini: most, 1.75, at 75%",
  );
  assertEquals(legendOf(plane()), ["D2F", "LoPA"]);
  assertEquals(plane().rows.map(({ kind }) => kind), [
    ...["point", "point", "point", "point"],
    ...["area", "area"],
  ]);
});

Deno.test("dotPlotFigure() keeps its lines in order, dodges series, drops empty panels and shows a legend only for several", () => {
  const one = dots();
  assertEquals(titlesOf(one), ["<b>Score</b>", "level"]);
  assertEquals(tracesOf(one).map(({ y }) => y), [[0, 1]]);
  assertEquals(legendOf(one), []);
  const two = dots([
    dot("a"),
    dot("a", { series: "t", low: null, high: null }),
    dot("a", { series: "t", panel: "Rate" }),
  ]);
  assertEquals(tracesOf(two).map(({ y }) => y), [[-0.15], [0.15], [0.15]]);
  const apart = dots([dot("a"), dot("b", { series: "t" })]);
  assertEquals(tracesOf(apart).map(({ y }) => y), [[0], [1]]);
  assertEquals(legendOf(two), ["s", "t"]);
});

Deno.test("renderSvg() refuses a graded figure with a broken panel", async () => {
  const figure = dots();
  const { layout, data } = figure.spec;
  const spec = { data, layout: { ...layout, xaxis: { nticks: "many" } } };
  await assertRejects(
    () => renderSvg({ ...figure, spec }),
    TypeError,
    "lopa-dots",
  );
});

Deno.test("readableRows() picks and names columns, with intervals in brackets", () => {
  const rows = [
    { model: "a", tpf: 2.4046, tpf_low: 2.3, tpf_high: 2.514, n: 500, p: null },
    { model: "b", tpf: 1234.5, n: 20, p: 0.00012 },
    { model: "c", tpf: -40, tpf_low: -76.9, tpf_high: 11.8 },
  ];
  const columns = { model: "Model", tpf: "TPF", p: "p", absent: "Absent" };
  assertEquals(readableRows(rows, columns), [
    { Model: "a", TPF: "2.40 (2.30\u00a0to\u00a02.51)", p: null, Absent: null },
    { Model: "b", TPF: 1235, p: 0.00012, Absent: null },
    {
      ...{ Model: "c", TPF: "-40.0 (-76.9\u00a0to\u00a011.8)" },
      ...{ p: null, Absent: null },
    },
  ]);
  const found = readableRows(rows, columns);
  assertEquals(found.map(({ TPF }) => isNumeric(TPF)), [true, true, true]);
  assertEquals(["a", "2 of 3", null].map(isNumeric), [false, false, false]);
});
