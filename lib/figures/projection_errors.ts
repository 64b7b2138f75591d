/**
 * Errors of a projection, row by row: projected over printed, with the rows that were fitted told apart from those that were
 * predicted.
 *
 * @module
 */
import type { Data, Layout } from "plotly.js";
import { projectedHeading } from "./projected.ts";
import {
  axis,
  COLORS,
  headedLayout,
  seriesStyle,
  translucent,
} from "./theme.ts";
import type { Figure } from "./types.ts";

/** One row of a table. */
export interface ProjectionError {
  /** Its setting, a column of the figure. */
  readonly setting: string;
  /** What several settings have in common, named above them. */
  readonly group: string;
  /** Colour and mark: model and benchmark. */
  readonly series: string;
  /** Projected over printed, less 1, in percent. */
  readonly percent: number;
  /** Whether the constants were fitted on it. */
  readonly fitted: boolean;
}

/** Distance of the marks of neighbouring series, in columns. */
const DODGE = 0.17;

/** Half-width of the band that is drawn for the eye, in percent. */
const BAND = 10;

/** Draws one column per setting, in the order in which they first appear. */
export function projectionErrorsFigure(
  rows: readonly ProjectionError[],
  summary: { readonly median: number; readonly p90: number },
): Figure {
  const settings = [...new Set(rows.map(({ setting }) => setting))];
  const series = [...new Set(rows.map((row) => row.series))];
  const groups = [...Map.groupBy(rows, ({ group }) => group)];
  const reach = 5 * Math.ceil(
    (Math.max(...rows.map(({ percent }) => Math.abs(percent))) + 3) / 5,
  );
  const data = series.flatMap((name, n) => {
    const { color, symbol } = seriesStyle(n);
    return [false, true].map((fitted): Data => {
      const own = rows.filter((row) =>
        row.series === name && row.fitted === fitted
      );
      return {
        type: "scatter",
        mode: "markers",
        ...{ name, legendgroup: name, showlegend: !fitted },
        x: own.map(({ setting }) =>
          settings.indexOf(setting) + DODGE * (n - (series.length - 1) / 2)
        ),
        y: own.map(({ percent }) => percent),
        text: own.map(({ setting }) => setting),
        marker: {
          symbol: fitted ? `${symbol}-open` : symbol,
          ...{ size: 8, color, line: { color, width: 1.5 } },
        },
      } as Data;
    });
  });
  const edge = (group: readonly ProjectionError[], end: 0 | -1) =>
    settings.indexOf(group.at(end)!.setting);
  const words = groups.map(([name, members]) => ({
    text: `<b>${name}</b>`,
    x: (edge(members, 0) + edge(members, -1)) / 2,
    y: 1.01,
    yref: "paper",
    yanchor: "bottom",
    showarrow: false,
    font: { size: 12 },
  }));
  const lines = groups.slice(1).map(([, members]) => ({
    type: "line",
    yref: "paper",
    ...{ x0: edge(members, 0) - 0.5, x1: edge(members, 0) - 0.5, y0: 0, y1: 1 },
    line: { color: COLORS.grey, width: 1, dash: "dot" },
  }));
  const { median, p90 } = summary;
  return {
    id: "lopa-throughput-errors",
    title: "Projected: errors row by row",
    description: `Rows that the fit has not seen are off by ${
      median.toFixed(1)
    }% in the median, nine in ten by less than ${p90.toFixed(1)}%.`,
    spec: {
      data,
      layout: headedLayout(
        projectedHeading({
          title: "how far off, row by row",
          subtitle: `Filled: predicted, median ${
            median.toFixed(1)
          }%, 9 in 10 within ${
            p90.toFixed(1)
          }%; hollow: fitted; band: ±${BAND}%`,
        }),
        {
          width: 960,
          height: 480,
          margin: { l: 64, r: 24, t: 100, b: 92 },
          legend: { orientation: "h", x: 0, y: -0.17 },
          xaxis: axis("Setting (Table 6)", {
            range: [-0.6, settings.length - 0.4],
            tickvals: settings.map((_, i) => i),
            ticktext: settings,
            gridcolor: "rgba(0, 0, 0, 0)",
          }),
          yaxis: axis("Projected over printed, less 1 (%)", {
            range: [-reach, reach],
            dtick: 10,
          }),
          shapes: [
            {
              type: "rect",
              ...{ xref: "paper", x0: 0, x1: 1, y0: -BAND, y1: BAND },
              layer: "below",
              fillcolor: translucent(COLORS.grey, 0.12),
              line: { width: 0 },
            },
            {
              type: "line",
              ...{ xref: "paper", x0: 0, x1: 1, y0: 0, y1: 0 },
              line: { color: "#333333", width: 1 },
            },
            ...lines,
          ] as Layout["shapes"],
          annotations: words as Layout["annotations"],
        },
      ),
    },
    rows: rows.map((row) => ({ ...row })),
  };
}
