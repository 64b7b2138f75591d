/**
 * Tokens per forward and score against lookaheads on models that are graded, as LoPA Fig. 4, with the price below.
 *
 * @module
 */
import type { Data } from "plotly.js";
import { lookaheadFinding, lookaheadGains } from "./lookahead_words.ts";
import { type Look, looksOf } from "./looks.ts";
import { panelAxes, panelGrid } from "./panels.ts";
import { COLORS, headedLayout, translucent } from "./theme.ts";
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
  readonly y: string;
  readonly of: (row: LookaheadPoint) => readonly number[];
  readonly published: ((row: PublishedPoint) => number) | null;
}

const QUANTITIES: readonly Quantity[] = [
  {
    y: "Tokens per forward (TPF)",
    of: ({ tpf, tpfLow, tpfHigh }) => [tpf, tpfLow, tpfHigh],
    published: ({ tpf }) => tpf,
  },
  {
    y: "Right answers (%)",
    of: ({ score, scoreLow, scoreHigh }) => [score, scoreLow, scoreHigh],
    published: ({ score }) => score,
  },
  {
    y: "Positions per token",
    of: ({ positionsPerToken }) => [positionsPerToken],
    published: null,
  },
];

const SCORES = 1;

/** Pixels: the figure's width, above the panels, of all panels, below them. */
const WIDTH = 940, TOP = 128, PLOT = 640, BOTTOM = 56;

function measuredTrace(
  rows: readonly LookaheadPoint[],
  { quantity, look: { color, dash, symbol }, panel }: {
    readonly quantity: Quantity;
    readonly look: Look;
    readonly panel: number;
  },
): Data {
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
          color: translucent(color, 0.55),
          thickness: 1.2,
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

const LEVEL = {
  type: "scatter",
  mode: "lines",
  name: "dotted: the model at one token per step",
  legendgroup: "one token",
} as const;

function levelTrace(
  { score }: OneTokenLevel,
  { color, panel }: { readonly color: string; readonly panel: number },
): Data {
  return {
    ...LEVEL,
    showlegend: false,
    x: [-0.4, 14.4],
    y: [score, score],
    line: { color, width: 1.2, dash: "dot" },
    ...panelAxes(panel),
  } as Data;
}

/** Levels have the colours of their models; in the legend one stands for all. */
function levelLegend(): Data {
  return {
    ...LEVEL,
    showlegend: true,
    ...{ x: [null], y: [null] },
    line: { color: COLORS.dark, width: 1.2, dash: "dot" },
    ...panelAxes(0),
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

/** Draws one column of panels per task: rate, score and price. `measured` must not be empty. */
export function lookaheadCurvesFigure(curves: LookaheadCurves): Figure {
  const { measured, paper, oneToken, seed } = curves;
  const tasks = [...new Set(measured.map(({ task }) => task))];
  const models = [...new Set(measured.map(({ model }) => model))];
  const floor = floorOf(curves);
  const looks = looksOf(models);
  const data = QUANTITIES.flatMap((quantity, row) =>
    tasks.flatMap((task, column): Data[] => {
      const panel = row * tasks.length + column;
      const published = paper.filter((point) => point.task === task);
      const levels = oneToken.filter((level) => level.task === task);
      return [
        ...(quantity.published === null || published.length === 0
          ? []
          : [publishedTrace(published, { y: quantity.published, panel })]),
        ...(row === SCORES ? levels : []).map((level) =>
          levelTrace(level, {
            color: looks.get(level.model)?.color ?? COLORS.dark,
            panel,
          })
        ),
        ...models.flatMap((model) => {
          const own = measured.filter((point) =>
            point.model === model && point.task === task
          );
          return own.length === 0 ? [] : [
            measuredTrace(own, { quantity, look: looks.get(model)!, panel }),
          ];
        }),
      ];
    })
  );
  const benchmarkOf = (task: string) =>
    paper.find((point) => point.task === task)?.benchmark;
  const last = QUANTITIES.length - 1;
  const panels = QUANTITIES.flatMap(({ y }, row) =>
    tasks.map((task, column) => {
      const benchmark = benchmarkOf(task);
      const beside = benchmark === undefined ? "" : ` (paper: ${benchmark})`;
      return {
        title: row === 0 ? `${task}${beside}` : "",
        x: row === last ? "Lookaheads k" : "",
        y: column === 0 ? y : "",
        xMore: {
          range: [-0.6, 14.6],
          dtick: 2,
          showticklabels: row === last,
        },
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
      lookaheadGains(measured)
    }. Bars are 95% intervals; level lines are the scores at one token per step. The paper's curves are those of 7B models on the benchmark that each task stands for.`,
    spec: {
      data: oneToken.length === 0 ? data : [...data, levelLegend()],
      layout: headedLayout({
        title: lookaheadFinding(measured),
        subtitle:
          `LoPA Fig. 4 on small models trained here. Filled: measured, bars 95% intervals over problems (TPF bootstrap, seed ${seed}; score Wilson). Hollow: the paper`,
      }, {
        width: WIDTH,
        height: TOP + PLOT + BOTTOM,
        legend: {
          orientation: "h",
          x: 0,
          y: 1 + 30 / PLOT,
          yanchor: "bottom",
        },
        margin: { l: 64, r: 24, t: TOP, b: BOTTOM },
        ...panelGrid(panels, {
          columns: tasks.length,
          gapX: 0.07,
          gapY: 22 / PLOT,
        }),
      }),
    },
    rows: [
      ...measured.map((row) => ({ source: "measured", ...row })),
      ...oneToken.map((row) => ({ source: "one token per step", ...row })),
      ...paper.map((row) => ({ source: "paper", ...row })),
    ],
  };
}
