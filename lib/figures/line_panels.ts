/**
 * Curves in panels: any numbers against any others, with intervals, and with the papers' curves hollow beside them.
 *
 * @module
 */
import type { Data, Layout } from "plotly.js";
import { looksOf } from "./looks.ts";
import { type Panel, panelAxes, panelGrid } from "./panels.ts";
import { COLORS, headedLayout, seriesStyle, translucent } from "./theme.ts";
import type { Figure } from "./types.ts";

/** One point of a curve. */
export interface LineRow {
  /** Title of its panel. */
  readonly panel: string;
  /** Name of its curve, with the same look in all panels. */
  readonly series: string;
  /** Where it stands. */
  readonly x: number;
  /** Its height; `null` leaves a gap. */
  readonly y: number | null;
  /** Lower end of its interval. */
  readonly low?: number | null;
  /** Upper end. */
  readonly high?: number | null;
  /** Lower end of the interval of where it stands. */
  readonly xLow?: number | null;
  /** Upper end. */
  readonly xHigh?: number | null;
  /** What stands beside it where a reader points at it. */
  readonly text?: string;
}

/** A panel of curves. */
export interface LinePanel extends Panel {
  /** Whether a dashed line marks where y equals x. */
  readonly diagonal?: boolean;
}

/** What curves in panels are about. */
export interface LinePanelsOptions {
  /** File name stem. */
  readonly id: string;
  /** What the figure is about. */
  readonly title: string;
  /** First line of the heading: what is seen, with its numbers. Default: the title. */
  readonly finding?: string;
  /** Second line: what is shown, intervals, seeds. */
  readonly subtitle: string;
  /** The take-away with its numbers. */
  readonly description: string;
  /** Panels in reading order; those without points are left out. */
  readonly panels: readonly LinePanel[];
  /** Panels per row. */
  readonly columns: number;
  /** Curves of the papers: grey, hollow. */
  readonly published?: readonly string[];
  /** Whether points are marked. Default true. */
  readonly marked?: boolean;
  /** Whether intervals are bands behind the curves, and not bars. Default false. */
  readonly bands?: boolean;
  /** Gaps between rows and columns of panels, as shares of the figure. */
  readonly gaps?: { readonly x?: number; readonly y?: number };
  /** Pixels of a row of panels. Default 300. */
  readonly rowHeight?: number;
}

const TOP = 84, BOTTOM = 110;

/** Curves stand in the legend in the order in which they first appear. */
export function linePanelsFigure(
  rows: readonly LineRow[],
  options: LinePanelsOptions,
): Figure {
  const { id, title, subtitle, description, columns } = options;
  const { finding = title } = options;
  const { published = [], rowHeight = 300, gaps = {} } = options;
  const panels = options.panels.filter((panel) =>
    rows.some((row) => row.panel === panel.title)
  );
  const names = [...new Set(rows.map(({ series }) => series))];
  const looks = looksOf(names.filter((name) => !published.includes(name)));
  const seen = new Set<string>();
  const data = panels.flatMap((panel, n) =>
    names.flatMap((name): Data[] => {
      const points = rows.filter((row) =>
        row.panel === panel.title && row.series === name
      );
      if (points.length === 0) return [];
      const named = !seen.has(name);
      seen.add(name);
      const style = published.includes(name)
        ? {
          ...seriesStyle(published.indexOf(name)),
          color: COLORS.grey,
          hollow: true,
        }
        : { ...looks.get(name)!, hollow: false };
      const place = { name, style, panel: n, options };
      return [
        ...(options.bands ? band(points, place) : []),
        curve(points, { ...place, named: named && names.length > 1 }),
      ];
    })
  );
  const rowsOfPanels = Math.ceil(panels.length / columns);
  const height = TOP + BOTTOM + rowHeight * rowsOfPanels;
  // Plotly cannot check the legend of a figure that shows none.
  const { legend, ...whole } = headedLayout({ title: finding, subtitle }, {
    width: 940,
    height,
    margin: { l: 60, r: 24, t: TOP, b: BOTTOM },
    legend: {
      orientation: "h",
      x: 0,
      y: -56 / (height - TOP - BOTTOM),
      yanchor: "top",
    },
    shapes: diagonals(panels) as Layout["shapes"],
    ...panelGrid(panels, {
      columns: Math.min(columns, panels.length),
      gapX: gaps.x ?? 0.09,
      gapY: gaps.y ?? 0.2,
    }),
  });
  return {
    ...{ id, title, description },
    spec: {
      data,
      layout: names.length > 1 ? { ...whole, legend } : whole,
    },
    rows: rows.map((row) => ({ ...row })),
  };
}

/** Where a curve is drawn, and how. */
interface CurvePlace {
  readonly name: string;
  readonly style: {
    readonly color: string;
    readonly dash: string;
    readonly symbol: string;
    readonly hollow: boolean;
  };
  readonly panel: number;
  readonly options: LinePanelsOptions;
}

/** The band between the ends of intervals; none without intervals. */
function band(
  points: readonly LineRow[],
  { name, style, panel }: CurvePlace,
): Data[] {
  const known = points.filter(({ y, low, high }) =>
    y !== null && low != null && high != null
  );
  if (known.length < 2) return [];
  const back = known.toReversed();
  return [{
    type: "scatter",
    mode: "lines",
    ...{ name, legendgroup: name, showlegend: false, hoverinfo: "skip" },
    x: [...known, ...back].map(({ x }) => x),
    y: [...known.map(({ high }) => high!), ...back.map(({ low }) => low!)],
    line: { width: 0 },
    fill: "toself",
    fillcolor: translucent(style.color, 0.13),
    ...panelAxes(panel),
  } as Data];
}

/** Bars to the ends of intervals; nothing without intervals. */
function bars(
  points: readonly LineRow[],
  { color, axis, keys: [middle, low, high] }: {
    readonly color: string;
    readonly axis: "x" | "y";
    readonly keys: readonly [
      middle: "x" | "y",
      low: "xLow" | "low",
      high: "xHigh" | "high",
    ];
  },
) {
  if (!points.some((point) => point[low] != null || point[high] != null)) {
    return {};
  }
  const length = (point: LineRow, end: number | null | undefined) =>
    Math.abs((end ?? point[middle] ?? 0) - (point[middle] ?? 0));
  return {
    [`error_${axis}`]: {
      type: "data",
      symmetric: false,
      array: points.map((point) => length(point, point[high])),
      arrayminus: points.map((point) => length(point, point[low])),
      ...{ color: translucent(color, 0.55), thickness: 1, width: 2 },
    },
  };
}

function curve(
  points: readonly LineRow[],
  { name, named, style, panel, options }: CurvePlace & {
    readonly named: boolean;
  },
): Data {
  const { color, dash, symbol, hollow } = style;
  const { marked = true, bands = false } = options;
  return {
    type: "scatter",
    mode: marked ? "lines+markers" : "lines",
    name,
    legendgroup: name,
    showlegend: named,
    x: points.map(({ x }) => x),
    y: points.map(({ y }) => y),
    text: points.map(({ text }) => text ?? ""),
    line: { color, dash, width: 1.8 },
    ...(marked
      ? {
        marker: { symbol: hollow ? `${symbol}-open` : symbol, size: 7, color },
      }
      : {}),
    connectgaps: false,
    ...(bands
      ? {}
      : bars(points, { color, axis: "y", keys: ["y", "low", "high"] })),
    ...bars(points, { color, axis: "x", keys: ["x", "xLow", "xHigh"] }),
    ...panelAxes(panel),
  } as Data;
}

function diagonals(panels: readonly LinePanel[]) {
  return panels.flatMap(({ diagonal }, n) => {
    if (!diagonal) return [];
    const { xaxis, yaxis } = panelAxes(n);
    return [{
      type: "line",
      ...{ xref: xaxis, yref: yaxis, x0: 0, y0: 0, x1: 1, y1: 1 },
      layer: "below",
      line: { color: COLORS.grey, width: 1, dash: "dash" },
    }];
  });
}
