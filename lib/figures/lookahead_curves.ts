/**
 * Tokens per forward and score against lookaheads on models that are graded, as LoPA Fig. 4, with the price below.
 *
 * @module
 */
import type { Data } from "plotly.js";
import { panelAxes, panelGrid } from "./panels.ts";
import { COLORS, headedLayout, seriesStyle } from "./theme.ts";
import type { Figure } from "./types.ts";

/** One measured point. Scores are in percent; intervals are of 95%. */
export interface LookaheadPoint {
  /** Name of its curve. */
  readonly model: string;
  /** Name of its column of panels. */
  readonly task: string;
  /** Branches beside the anchor. */
  readonly lookaheads: number;
  /** Problems decoded. */
  readonly problems: number;
  /** Tokens per forward. */
  readonly tpf: number;
  /** Lower end of its interval. */
  readonly tpfLow: number;
  /** Upper end. */
  readonly tpfHigh: number;
  /** Share answered right. */
  readonly score: number;
  /** Lower end of its interval. */
  readonly scoreLow: number;
  /** Upper end. */
  readonly scoreHigh: number;
  /** Positions computed per token of the answers. */
  readonly positionsPerToken: number;
  /** Tokens of the answers per network call of an implementation that runs branches one by one. */
  readonly tokensPerCall: number;
}

/** One point of the paper's curve. */
export interface PublishedPoint {
  /** Task here that stands for the benchmark. */
  readonly task: string;
  /** Name of the benchmark. */
  readonly benchmark: string;
  /** Branches beside the anchor. */
  readonly lookaheads: number;
  /** Tokens per forward, read off the curve. */
  readonly tpf: number;
  /** In percent. */
  readonly score: number;
}

/** Score of a model at one token per step, drawn as a level. */
export interface OneTokenLevel {
  /** Name of the model. */
  readonly model: string;
  /** Name of the task. */
  readonly task: string;
  /** In percent. */
  readonly score: number;
}

/** What Fig. 4 is drawn from. Points come in ascending lookaheads. */
export interface LookaheadCurves {
  /** Measured here; not empty. */
  readonly measured: readonly LookaheadPoint[];
  /** The paper's curves. */
  readonly paper: readonly PublishedPoint[];
  /** Levels to compare scores with. */
  readonly oneToken: readonly OneTokenLevel[];
  /** Seed of the bootstrap intervals. */
  readonly seed: number;
}

/** What a row of panels shows of a point: its value and the ends of its interval, if it has one. */
interface Quantity {
  readonly title: string;
  readonly y: string;
  readonly of: (row: LookaheadPoint) => readonly number[];
  readonly published: ((row: PublishedPoint) => number) | null;
}

const QUANTITIES: readonly Quantity[] = [
  {
    title: "tokens per forward",
    y: "Tokens per forward (TPF)",
    of: ({ tpf, tpfLow, tpfHigh }) => [tpf, tpfLow, tpfHigh],
    published: ({ tpf }) => tpf,
  },
  {
    title: "score",
    y: "Right answers (%)",
    of: ({ score, scoreLow, scoreHigh }) => [score, scoreLow, scoreHigh],
    published: ({ score }) => score,
  },
  {
    title: "price",
    y: "Positions per token",
    of: ({ positionsPerToken }) => [positionsPerToken],
    published: null,
  },
];

const SCORES = 1;

function measuredTrace(
  rows: readonly LookaheadPoint[],
  { quantity, series, panel }: {
    readonly quantity: Quantity;
    readonly series: number;
    readonly panel: number;
  },
): Data {
  const { color, dash, symbol } = seriesStyle(series);
  const { model, problems } = rows[0]!;
  const values = rows.map(quantity.of);
  const bars = values[0]!.length > 1;
  return {
    type: "scatter",
    mode: "lines+markers",
    name: `${model}, n = ${problems}`,
    legendgroup: model,
    showlegend: panel === 0,
    x: rows.map(({ lookaheads }) => lookaheads),
    y: values.map(([value]) => value),
    line: { color, dash, width: 2 },
    marker: { symbol, size: 8, color },
    ...panelAxes(panel),
    ...(bars
      ? {
        error_y: {
          type: "data",
          symmetric: false,
          array: values.map(([value, , high]) => high! - value!),
          arrayminus: values.map(([value, low]) => value! - low!),
          color,
          thickness: 1,
          width: 3,
        },
      }
      : {}),
  } as Data;
}

function publishedTrace(
  rows: readonly PublishedPoint[],
  { y, panel }: {
    readonly y: (row: PublishedPoint) => number;
    readonly panel: number;
  },
): Data {
  return {
    type: "scatter",
    mode: "lines+markers",
    name: "paper, 7B models (digitised)",
    legendgroup: "paper",
    showlegend: panel === 0,
    x: rows.map(({ lookaheads }) => lookaheads),
    y: rows.map(y),
    line: { color: COLORS.grey, dash: "dot", width: 1 },
    marker: { symbol: "circle-open", size: 6, color: COLORS.grey },
    ...panelAxes(panel),
  } as Data;
}

function levelTrace(
  { score }: OneTokenLevel,
  { series, panel, named }: {
    readonly series: number;
    readonly panel: number;
    readonly named: boolean;
  },
): Data {
  return {
    type: "scatter",
    mode: "lines",
    name: "same model at one token per step",
    legendgroup: "one token",
    showlegend: named,
    x: [-0.4, 14.4],
    y: [score, score],
    line: { color: seriesStyle(series).color, width: 1.2, dash: "dot" },
    ...panelAxes(panel),
  } as Data;
}

/** Lowest multiple of ten below all scores, so that a fall is seen as large as it is on an axis that says where it begins. */
function floorOf({ measured, paper, oneToken }: LookaheadCurves): number {
  const lowest = Math.min(
    ...measured.map(({ scoreLow }) => scoreLow),
    ...paper.map(({ score }) => score),
    ...oneToken.map(({ score }) => score),
  );
  return Math.max(0, 10 * Math.floor(lowest / 10));
}

function gains(measured: readonly LookaheadPoint[]): string {
  return [...Map.groupBy(measured, ({ model, task }) => `${model} on ${task}`)]
    .map(([name, rows]) => {
      const [first, last] = [rows[0]!, rows.at(-1)!];
      const ends = (of: (row: LookaheadPoint) => number, digits: number) =>
        `${of(first).toFixed(digits)} to ${of(last).toFixed(digits)}`;
      return `${name}, ${first.lookaheads} to ${last.lookaheads} lookaheads: ${
        ends(({ tpf }) => tpf, 2)
      } tokens per forward, score ${ends(({ score }) => score, 1)}%, ${
        ends(({ positionsPerToken }) => positionsPerToken, 1)
      } positions per token`;
    }).join("; ");
}

/** Draws one column of panels per task: rate, score and price. `measured` must not be empty. */
export function lookaheadCurvesFigure(curves: LookaheadCurves): Figure {
  const { measured, paper, oneToken, seed } = curves;
  const tasks = [...new Set(measured.map(({ task }) => task))];
  const models = [...new Set(measured.map(({ model }) => model))];
  const floor = floorOf(curves);
  const data = QUANTITIES.flatMap((quantity, row) =>
    tasks.flatMap((task, column): Data[] => {
      const panel = row * tasks.length + column;
      const published = paper.filter((point) => point.task === task);
      const levels = oneToken.filter((level) => level.task === task);
      return [
        ...(quantity.published === null || published.length === 0
          ? []
          : [publishedTrace(published, { y: quantity.published, panel })]),
        ...(row === SCORES ? levels : []).map((level, n) =>
          levelTrace(level, {
            series: models.indexOf(level.model),
            panel,
            named: column === 0 && n === 0,
          })
        ),
        ...models.flatMap((model, series) => {
          const own = measured.filter((point) =>
            point.model === model && point.task === task
          );
          return own.length === 0
            ? []
            : [measuredTrace(own, { quantity, series, panel })];
        }),
      ];
    })
  );
  const benchmarkOf = (task: string) =>
    paper.find((point) => point.task === task)?.benchmark;
  const panels = QUANTITIES.flatMap(({ title, y }, row) =>
    tasks.map((task) => {
      const benchmark = row === QUANTITIES.length - 1
        ? undefined
        : benchmarkOf(task);
      return {
        title: `${task}${
          benchmark === undefined ? "" : ` (paper: ${benchmark})`
        }: ${title}`,
        x: "Lookaheads k",
        y,
        xMore: { range: [-0.6, 14.6], dtick: 2 },
        yMore: row === SCORES
          ? { range: [floor, 102] }
          : { rangemode: "tozero" },
      };
    })
  );
  return {
    id: "lopa-fig4",
    title: "Tokens per forward and score against lookaheads",
    description: `${
      gains(measured)
    }. Bars are 95% intervals; level lines are the scores at one token per step. The paper's curves are those of 7B models on the benchmark that each task stands for.`,
    spec: {
      data,
      layout: headedLayout({
        title: "LoPA Fig. 4 on the models trained here",
        subtitle:
          `Filled: measured. Hollow, grey: the paper. Bars: 95% intervals over problems (TPF bootstrap, seed ${seed}; score Wilson)`,
      }, {
        width: 940,
        height: 1060,
        legend: { orientation: "h", x: 0, y: -0.065, yanchor: "top" },
        margin: { l: 64, r: 24, t: 80, b: 96 },
        ...panelGrid(panels, { columns: tasks.length, gapY: 0.11 }),
      }),
    },
    rows: [
      ...measured.map((row) => ({ source: "measured", ...row })),
      ...oneToken.map((row) => ({ source: "one token per step", ...row })),
      ...paper.map((row) => ({ source: "paper", ...row })),
    ],
  };
}
