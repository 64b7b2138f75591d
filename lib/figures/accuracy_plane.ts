/**
 * Score against tokens per forward, a curve per way of decoding, and the area under each curve (AUP).
 *
 * @module
 */
import type { Data, Layout } from "plotly.js";
import { type Look, looksOf } from "./looks.ts";
import { panelAxes, panelGrid } from "./panels.ts";
import { headedLayout, translucent } from "./theme.ts";
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
  { look: { color, dash, symbol }, panel, named }: {
    readonly look: Look;
    readonly panel: number;
    readonly named: boolean;
  },
): Data {
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
    color: translucent(color, 0.55),
    thickness: 1,
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
  { curves, looks, panel }: {
    readonly curves: readonly string[];
    readonly looks: ReadonlyMap<string, Look>;
    readonly panel: number;
  },
): Data {
  return {
    type: "bar",
    orientation: "h",
    x: areas.map(({ aup }) => aup),
    y: areas.map(({ curve }) => curves.indexOf(curve)),
    marker: {
      color: areas.map(({ curve }) => looks.get(curve)!.color),
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

/** Which curve has the largest area on each task. */
function largest(areas: readonly PlaneArea[], models: string): string {
  const found = [...Map.groupBy(areas, ({ task }) => task)].map((
    [task, all],
  ) => {
    const { curve, aup } = all.toSorted((a, b) => b.aup - a.aup)[0]!;
    return { task, curve, aup: aup.toFixed(0) };
  });
  const same = new Set(found.map(({ curve }) => curve)).size === 1;
  const words = found.map(({ task, curve, aup }) =>
    same ? `${aup} on ${task}` : `${curve} on ${task} (${aup})`
  ).join(" and ");
  return found.length === 0
    ? `Score against tokens per forward, ${models}`
    : same
    ? `${
      found[0]!.curve
    } has the largest area under score against rate: ${words}`
    : `Largest area under score against rate: ${words}`;
}

/** Draws two panels per task: the plane and the areas. Points of a curve come in ascending tokens per forward. */
export function accuracyPlaneFigure(plane: AccuracyPlane): Figure {
  const { id, models, points, areas, seed } = plane;
  const tasks = [...new Set(points.map(({ task }) => task))];
  const curves = [...new Set(points.map(({ curve }) => curve))];
  const looks = looksOf(curves);
  const byTask = tasks.map((task) => ({
    task,
    points: points.filter((point) => point.task === task),
    areas: areas.filter((area) => area.task === task),
    curves,
  }));
  const seen = new Set<string>();
  const data = byTask.flatMap(({ points, areas }, row) => [
    ...curves.flatMap((curve) => {
      const own = points.filter((point) => point.curve === curve);
      if (own.length === 0) return [];
      const named = !seen.has(curve);
      seen.add(curve);
      const look = looks.get(curve)!;
      return [curveTrace(own, { look, panel: 2 * row, named })];
    }),
    areaTrace(areas, { curves, looks, panel: 2 * row + 1 }),
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
        title: largest(areas, models),
        subtitle:
          `${models}. Bars: 95% intervals over problems (TPF bootstrap, seed ${seed}; score Wilson). AUP: larger is better`,
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
