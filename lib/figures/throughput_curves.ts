/**
 * Throughput against the confidence threshold, one panel per model and benchmark: a cost model's projection beside the numbers
 * that a paper prints.
 *
 * @module
 */
import type { Data, Layout } from "plotly.js";
import { panelAxes, panelGrid } from "./panels.ts";
import { hollow, projectedHeading } from "./projected.ts";
import { COLORS, headedLayout, seriesStyle, translucent } from "./theme.ts";
import type { Figure } from "./types.ts";

/** One setting. */
export interface ThroughputPoint {
  /** Its panel: model and benchmark. */
  readonly panel: string;
  /** Its curve: system and mesh. */
  readonly series: string;
  /** tau_act = tau_conf. */
  readonly threshold: number;
  /** Tokens per second. */
  readonly projected: number;
  readonly paper: number;
  /** Whether the constants were fitted on the printed number. */
  readonly fitted: boolean;
}

/** What the figure says beside its points. */
export interface ThroughputCurvesOptions {
  /** Median of the absolute errors of the points that are not fitted, in percent. */
  readonly medianError: number;
  /** Number of fitted constants. */
  readonly constants: number;
}

function curves(
  rows: readonly ThroughputPoint[],
  { name, n, panel }: { name: string; n: number; panel: number },
): Data[] {
  const { color, symbol, dash } = seriesStyle(n);
  const own = rows.filter(({ series }) => series === name);
  const x = own.map(({ threshold }) => threshold);
  return [
    {
      type: "scatter",
      mode: "lines+markers",
      ...{ name, legendgroup: name, showlegend: panel === 0 },
      x,
      y: own.map(({ projected }) => projected),
      line: { color, dash, width: 2 },
      marker: { symbol, size: 7, color },
      ...panelAxes(panel),
    },
    {
      type: "scatter",
      mode: "markers",
      name: `${name}, as the paper prints it`,
      showlegend: false,
      x,
      y: own.map(({ paper }) => paper),
      marker: {
        ...{ symbol: hollow(symbol), size: 11, color },
        line: { color, width: 1.5 },
      },
      ...panelAxes(panel),
    },
  ] as Data[];
}

/** A legend entry for all hollow marks. */
const PAPER = {
  type: "scatter",
  mode: "markers",
  name: "hollow: printed in the paper",
  x: [null],
  y: [null],
  marker: { symbol: "circle-open", size: 11, color: COLORS.grey },
} as unknown as Data;

/** Draws the panels in the order in which they first appear, two to a row. */
export function throughputCurvesFigure(
  rows: readonly ThroughputPoint[],
  options: ThroughputCurvesOptions,
): Figure {
  const panels = [...new Set(rows.map(({ panel }) => panel))];
  const series = [...new Set(rows.map((row) => row.series))];
  const top = 1.08 *
    Math.max(...rows.flatMap(({ projected, paper }) => [projected, paper]));
  const fitted = rows.filter((row) => row.fitted);
  const grid = panelGrid(
    panels.map((title, n) => ({
      title,
      x: n < panels.length - 2
        ? ""
        : "Threshold τ<sub>act</sub> = τ<sub>conf</sub>",
      y: n % 2 === 0 ? "Average tokens/s" : "",
      xMore: {
        range: [0.97, 0.68],
        tickvals: [...new Set(rows.map(({ threshold }) => threshold))],
        tickformat: ".2f",
      },
      yMore: { range: [0, top] },
    })),
    { columns: 2, gapX: 0.09, gapY: 0.16 },
  );
  const shapes = fitted.length === 0 ? [] : panels.map((_, n) => ({
    type: "rect",
    ...{ xref: panelAxes(n).xaxis, yref: `${panelAxes(n).yaxis} domain` },
    ...{ x0: 0.965, x1: 0.935, y0: 0, y1: 1 },
    layer: "below",
    fillcolor: translucent(COLORS.grey, 0.12),
    line: { width: 0 },
  }));
  const words = shapes.map((_, n) => ({
    text: "fitted",
    ...{ x: 0.95, y: 0.01 },
    xref: panelAxes(n).xaxis,
    yref: `${panelAxes(n).yaxis} domain`,
    ...{ xanchor: "center", yanchor: "bottom" },
    showarrow: false,
    font: { size: 11, color: COLORS.grey },
  }));
  const error = options.medianError.toFixed(1);
  return {
    id: "lopa-throughput-curves",
    title: "Projected: throughput against thresholds",
    description:
      `${options.constants} constants fitted on the settings at the highest threshold (${fitted.length} numbers) predict the other ${
        rows.length - fitted.length
      } with a median error of ${error}%.`,
    spec: {
      data: [
        ...panels.flatMap((title, panel) =>
          series.flatMap((name, n) =>
            curves(rows.filter((row) => row.panel === title), {
              ...{ name, n, panel },
            })
          )
        ),
        PAPER,
      ],
      layout: headedLayout(
        projectedHeading({
          title: "throughput against thresholds",
          subtitle:
            `Lines: cost model, ${options.constants} constants fitted at τ = 0.95 (grey); median error elsewhere ${error}%`,
        }),
        {
          width: 900,
          height: 720,
          legend: { orientation: "h", x: 0, y: -0.1 },
          margin: { l: 64, r: 24, t: 96, b: 100 },
          ...grid,
          shapes: shapes as Layout["shapes"],
          annotations: [
            ...grid.annotations ?? [],
            ...words,
          ] as Layout["annotations"],
        },
      ),
    },
    rows: rows.map((row) => ({ ...row })),
  };
}
