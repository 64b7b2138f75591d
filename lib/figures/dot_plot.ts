/**
 * Dots with intervals, one line per thing compared: differences, scores and rates side by side in panels that share their lines.
 *
 * @module
 */
import type { Data, Layout } from "plotly.js";
import { looksOf } from "./looks.ts";
import { panelAxes, panelGrid } from "./panels.ts";
import { textWidth } from "./static/text_metrics.ts";
import { COLORS, headedLayout } from "./theme.ts";
import type { Figure } from "./types.ts";

/** One dot. */
export interface DotRow {
  /** Title of its panel. */
  readonly panel: string;
  /** Its line, shared by all panels; `<br>` parts it in two. */
  readonly line: string;
  /** Colour and mark. */
  readonly series: string;
  /** Where the dot stands, in the unit of its panel. */
  readonly value: number;
  /** Lower end of its interval; `null` where it has none. */
  readonly low: number | null;
  /** Upper end. */
  readonly high: number | null;
  /** Problems behind it. */
  readonly problems: number;
}

/** One panel. */
export interface DotPanel {
  /** Stands above the panel; rows name it. */
  readonly title: string;
  /** Title of the horizontal axis, with its unit. */
  readonly x: string;
  /** Vertical lines: a value and what stands above it. */
  readonly marks?: readonly (readonly [value: number, text: string])[];
  /** Whether the axis begins at 0. */
  readonly fromZero?: boolean;
}

/** What a dot plot is about. */
export interface DotPlotOptions {
  /** File name stem. */
  readonly id: string;
  /** What the figure is about. */
  readonly title: string;
  /** First line of the heading: what is seen, with its numbers. Default: the title. */
  readonly finding?: string;
  /** Second line of the heading, before the number of problems: what the intervals are, the seed. */
  readonly subtitle: string;
  /** The take-away with its numbers. */
  readonly description: string;
  /** Panels from left to right. */
  readonly panels: readonly DotPanel[];
}

/** Pixels per line of one and of two rows of text, per panel, between panels, above and below them. */
const LINE = 30, DOUBLE_LINE = 44, PANEL = 300, GAP = 36, TOP = 80, BOTTOM = 88;

/** Distance of the dots of two series on one line, in lines. */
const DODGE = 0.3;

function traces(
  rows: readonly DotRow[],
  { lines, series, panels }: {
    readonly lines: readonly string[];
    readonly series: readonly string[];
    readonly panels: readonly DotPanel[];
  },
): Data[] {
  const looks = looksOf(series);
  const shiftOf = (line: string, name: string) => {
    const there = series.filter((other) =>
      rows.some((row) => row.line === line && row.series === other)
    );
    return DODGE * (there.indexOf(name) - (there.length - 1) / 2);
  };
  return series.flatMap((name) => {
    const { color, symbol } = looks.get(name)!;
    return panels.flatMap(({ title }, panel) => {
      const own = rows.filter((row) =>
        row.series === name && row.panel === title
      );
      if (own.length === 0) return [];
      return [{
        type: "scatter",
        mode: "markers",
        name,
        legendgroup: name,
        showlegend: series.length > 1 &&
          panel ===
            panels.findIndex(({ title }) =>
              rows.some((row) => row.series === name && row.panel === title)
            ),
        x: own.map(({ value }) => value),
        y: own.map(({ line }) => lines.indexOf(line) + shiftOf(line, name)),
        text: own.map(({ line, problems }) => `${line}, n = ${problems}`),
        marker: { symbol, size: 9, color },
        error_x: {
          type: "data",
          symmetric: false,
          array: own.map(({ value, high }) => (high ?? value) - value),
          arrayminus: own.map(({ value, low }) => value - (low ?? value)),
          color,
          thickness: 1.5,
          width: 4,
        },
        ...panelAxes(panel),
      } as Data];
    });
  });
}

/** Vertical lines of the panels, each with its words above. */
function marked(panels: readonly DotPanel[]) {
  const all = panels.flatMap(({ marks = [] }, panel) =>
    marks.map(([value, text]) => ({ value, text, ...panelAxes(panel) }))
  );
  return {
    shapes: all.map(({ value, xaxis, yaxis }) => ({
      type: "line",
      xref: xaxis,
      yref: `${yaxis} domain`,
      ...{ x0: value, x1: value, y0: 0, y1: 1 },
      layer: "below",
      line: { color: COLORS.grey, width: 1, dash: "dash" },
    })),
    words: all.map(({ value, text, xaxis, yaxis }) => ({
      text,
      x: value,
      y: 0,
      xref: xaxis,
      yref: `${yaxis} domain`,
      xanchor: "left",
      align: "left",
      yanchor: "bottom",
      xshift: 3,
      showarrow: false,
      font: { size: 11, color: COLORS.grey },
    })),
  };
}

/** How many problems stand behind the dots. */
function countWords(rows: readonly DotRow[]): string {
  const counts = rows.map(({ problems }) => problems);
  const [least, most] = [Math.min(...counts), Math.max(...counts)];
  return least === most ? `n = ${most}` : `n = ${least} to ${most}`;
}

/** Draws dots with intervals, panels without any left out. Lines and series stand in the order in which they first appear. */
export function dotPlotFigure(
  rows: readonly DotRow[],
  options: DotPlotOptions,
): Figure {
  const { id, title, description, finding = title } = options;
  const panels = options.panels.filter(({ title }) =>
    rows.some(({ panel }) => panel === title)
  );
  const lines = [...new Set(rows.map(({ line }) => line))];
  const series = [...new Set(rows.map(({ series }) => series))];
  const words = lines.flatMap((name) => name.split("<br>"));
  const left = Math.ceil(Math.max(...words.map((name) => textWidth(name, 13))));
  const width = PANEL * panels.length + GAP * (panels.length - 1);
  const double = lines.some((name) => name.includes("<br>"));
  const height = (double ? DOUBLE_LINE : LINE) * lines.length;
  const grid = panelGrid(
    panels.map(({ title, x, fromZero }, panel) => ({
      title,
      x,
      y: "",
      xMore: {
        rangemode: fromZero === true ? "tozero" : "normal",
        nticks: 7,
      },
      yMore: {
        range: [lines.length - 0.5, -0.5],
        tickvals: lines.map((_, i) => i),
        ticktext: lines,
        showticklabels: panel === 0,
        ticklen: 0,
      },
    })),
    { columns: panels.length, gapX: GAP / width },
  );
  const { shapes, words: above } = marked(panels);
  // Plotly cannot check the legend of a figure that shows none.
  const { legend, ...whole } = headedLayout({
    title: finding,
    subtitle: `${options.subtitle}; ${countWords(rows)}`,
  }, {
    width: width + left + 20 + 24,
    height: height + TOP + BOTTOM,
    margin: { l: left + 20, r: 24, t: TOP, b: BOTTOM },
    legend: { orientation: "h", x: 0, y: -50 / height, yanchor: "top" },
    ...grid,
    shapes: shapes as Layout["shapes"],
    annotations: [
      ...grid.annotations ?? [],
      ...above,
    ] as Layout["annotations"],
  });
  return {
    id,
    title,
    description,
    spec: {
      data: traces(rows, { lines, series, panels }),
      layout: series.length > 1 ? { ...whole, legend } : whole,
    },
    rows: rows.map((row) => ({ ...row })),
  };
}
