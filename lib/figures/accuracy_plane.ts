/**
 * Score against tokens per forward, a curve per way of decoding, and the area under each curve (AUP).
 *
 * @module
 */
import type { Data, Layout } from "plotly.js";
import { panelAxes, panelGrid } from "./panels.ts";
import { headedLayout, seriesStyle } from "./theme.ts";
import type { Figure } from "./types.ts";

/** One operating point. Scores are in percent; intervals are of 95%. */
export interface PlanePoint {
  /** Task it was measured on. */
  readonly task: string;
  /** Name of its curve. */
  readonly curve: string;
  /** Name of the method. */
  readonly method: string;
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
}

/** The area under a curve. */
export interface PlaneArea {
  /** Task it was measured on. */
  readonly task: string;
  /** Name of the curve. */
  readonly curve: string;
  /** Points of the curve. */
  readonly points: number;
  /** Area under accuracy in percent against tokens per forward, weighted. */
  readonly aup: number;
}

/** What the plane is drawn from. */
export interface AccuracyPlane {
  /** File name stem. */
  readonly id: string;
  /** Models behind the curves, for the heading. */
  readonly models: string;
  /** Points, those of a curve in ascending tokens per forward. */
  readonly points: readonly PlanePoint[];
  /** Areas under the curves. */
  readonly areas: readonly PlaneArea[];
  /** Seed of the bootstrap intervals. */
  readonly seed: number;
}

function curveTrace(
  points: readonly PlanePoint[],
  { series, panel, named }: {
    readonly series: number;
    readonly panel: number;
    readonly named: boolean;
  },
): Data {
  const { color, dash, symbol } = seriesStyle(series);
  const bars = (
    value: (point: PlanePoint) => number,
    ends: readonly [
      low: (point: PlanePoint) => number,
      high: (point: PlanePoint) => number,
    ],
  ) => ({
    type: "data",
    symmetric: false,
    array: points.map((point) => ends[1](point) - value(point)),
    arrayminus: points.map((point) => value(point) - ends[0](point)),
    color,
    thickness: 0.7,
    width: 0,
  });
  const { curve } = points[0]!;
  return {
    type: "scatter",
    mode: "lines+markers",
    name: curve,
    legendgroup: curve,
    showlegend: named,
    x: points.map(({ tpf }) => tpf),
    y: points.map(({ score }) => score),
    text: points.map(({ method, problems }) => `${method}, n = ${problems}`),
    error_x: bars(({ tpf }) => tpf, [
      ({ tpfLow }) => tpfLow,
      ({ tpfHigh }) => tpfHigh,
    ]),
    error_y: bars(({ score }) => score, [
      ({ scoreLow }) => scoreLow,
      ({ scoreHigh }) => scoreHigh,
    ]),
    line: { color, dash, width: 1.5 },
    marker: { symbol, size: 8, color },
    ...panelAxes(panel),
  } as Data;
}

function areaTrace(
  areas: readonly PlaneArea[],
  { curves, panel }: {
    readonly curves: readonly string[];
    readonly panel: number;
  },
): Data {
  return {
    type: "bar",
    orientation: "h",
    x: areas.map(({ aup }) => aup),
    y: areas.map(({ curve }) => curves.indexOf(curve)),
    marker: {
      color: areas.map(({ curve }) => seriesStyle(curves.indexOf(curve)).color),
    },
    showlegend: false,
    ...panelAxes(panel),
  } as Data;
}

/** The numbers at the ends of the bars. */
function areaWords(
  areas: readonly PlaneArea[],
  { curves, panel }: {
    readonly curves: readonly string[];
    readonly panel: number;
  },
) {
  const { xaxis, yaxis } = panelAxes(panel);
  return areas.map(({ aup, points, curve }) => ({
    text: `${aup.toFixed(0)} (${points})`,
    x: aup,
    y: curves.indexOf(curve),
    xref: xaxis,
    yref: yaxis,
    xanchor: "left",
    align: "left",
    xshift: 4,
    showarrow: false,
  }));
}

function panelsOf(
  task: string,
  { points, areas, curves }: {
    readonly points: readonly PlanePoint[];
    readonly areas: readonly PlaneArea[];
    readonly curves: readonly string[];
  },
) {
  const lowest = Math.min(...points.map(({ scoreLow }) => scoreLow));
  const most = Math.max(1, ...areas.map(({ aup }) => aup));
  const counts = [...new Set(points.map(({ problems }) => problems))]
    .sort((a, b) => a - b);
  return [
    {
      title: `${task} (n = ${counts.join(" or ")})`,
      x: "Tokens per forward (TPF)",
      y: "Right answers (%)",
      xMore: { rangemode: "tozero" },
      yMore: { range: [Math.max(0, 10 * Math.floor(lowest / 10)), 102] },
    },
    {
      title: "AUP (points of the curve)",
      x: "Area under accuracy (% x TPF)",
      y: "",
      xMore: { range: [0, 1.35 * most], nticks: 5 },
      yMore: {
        range: [curves.length - 0.5, -0.5],
        tickvals: curves.map((_, i) => i),
        ticktext: curves,
        ticklen: 0,
      },
    },
  ];
}

/** Draws two panels per task: the plane and the areas. Points of a curve come in ascending tokens per forward. */
export function accuracyPlaneFigure(plane: AccuracyPlane): Figure {
  const { id, models, points, areas, seed } = plane;
  const tasks = [...new Set(points.map(({ task }) => task))];
  const curves = [...new Set(points.map(({ curve }) => curve))];
  const byTask = tasks.map((task) => ({
    task,
    points: points.filter((point) => point.task === task),
    areas: areas.filter((area) => area.task === task),
    curves,
  }));
  const seen = new Set<string>();
  const data = byTask.flatMap(({ points, areas }, row) => [
    ...curves.flatMap((curve, series) => {
      const own = points.filter((point) => point.curve === curve);
      if (own.length === 0) return [];
      const named = !seen.has(curve);
      seen.add(curve);
      return [curveTrace(own, { series, panel: 2 * row, named })];
    }),
    areaTrace(areas, { curves, panel: 2 * row + 1 }),
  ]);
  const grid = panelGrid(
    byTask.flatMap(({ task, ...rest }) => panelsOf(task, rest)),
    { columns: 2, gapX: 0.18, gapY: 0.2 },
  );
  const numbers = byTask.flatMap(({ areas }, row) =>
    areaWords(areas, { curves, panel: 2 * row + 1 })
  );
  const words = byTask.map(({ task, areas }) =>
    `${task}: ${
      areas.map(({ curve, aup }) => `${curve} ${aup.toFixed(0)}`).join(", ")
    }`
  );
  return {
    id,
    title: `Score against tokens per forward, ${models}`,
    description: `Area under accuracy against TPF (AUP), ${
      words.join("; ")
    }. An area counts points down to 5 points below the curve's slowest, and less the more they lose.`,
    spec: {
      data,
      layout: headedLayout({
        title: `Score against tokens per forward, ${models}`,
        subtitle:
          `Bars: 95% intervals over problems (TPF bootstrap, seed ${seed}; score Wilson). AUP: larger is better`,
      }, {
        width: 940,
        height: 160 + 330 * tasks.length,
        margin: { l: 60, r: 24, t: 80, b: 100 },
        legend: {
          orientation: "h",
          x: 0,
          y: tasks.length > 1 ? -0.1 : -0.2,
          yanchor: "top",
        },
        ...grid,
        annotations: [
          ...grid.annotations ?? [],
          ...numbers,
        ] as Layout["annotations"],
      }),
    },
    rows: [
      ...points.map((point) => ({ kind: "point", ...point })),
      ...areas.map((area) => ({ kind: "area", ...area })),
    ],
  };
}
