/**
 * Digests of several copies, step by step: a cell per copy and step, red where it is not the copy of the others.
 *
 * @module
 */
import type { Data, Layout } from "plotly.js";
import { panelAxes, panelGrid } from "./panels.ts";
import { textWidth } from "./static/text_metrics.ts";
import { COLORS, headedLayout, translucent } from "./theme.ts";
import type { Figure } from "./types.ts";

/** One copy after one step. */
export interface DigestRow {
  /** Its panel. */
  readonly panel: string;
  /** Which copy. */
  readonly lane: string;
  /** Which step, from 1. */
  readonly step: number;
  /** What it holds; empty for nothing. */
  readonly digest: string;
  /** Whether it holds what it should. */
  readonly right: boolean;
}

/** What the figure says. */
export interface DigestGridOptions {
  /** File name stem. */
  readonly id: string;
  /** First line of the heading. */
  readonly title: string;
  /** Second line. */
  readonly subtitle: string;
  /** The take-away. */
  readonly description: string;
  /** Title of the horizontal axis. */
  readonly steps: string;
}

/** Pixels of a lane, between panels, above and below them. */
const LANE = 34, GAP = 66, TOP = 100, BOTTOM = 60;

const CLEAR = "rgba(0, 0, 0, 0)";

/** Cells of the same digest next to each other become one, so that a change is seen at once. */
export function digestGridFigure(
  rows: readonly DigestRow[],
  options: DigestGridOptions,
): Figure {
  const { id, title, subtitle, description, steps } = options;
  const panels = [...new Set(rows.map(({ panel }) => panel))];
  const lanes = [...new Set(rows.map(({ lane }) => lane))];
  const last = Math.max(...rows.map(({ step }) => step));
  const left = Math.ceil(Math.max(...lanes.map((lane) => textWidth(lane, 13))));
  const inner = panels.length * lanes.length * LANE + (panels.length - 1) * GAP;
  const runs = runsOf(rows);
  const place = ({ panel }: DigestRow) => {
    const { xaxis, yaxis } = panelAxes(panels.indexOf(panel));
    return { xref: xaxis, yref: yaxis };
  };
  const grid = panelGrid(
    panels.map((name, n) => ({
      title: name,
      ...{ x: n === panels.length - 1 ? steps : "", y: "" },
      xMore: { range: [0.4, last + 0.6], dtick: 2, gridcolor: CLEAR },
      yMore: {
        range: [lanes.length - 0.5, -0.5],
        ...{ tickvals: lanes.map((_, i) => i), ticktext: lanes },
        ...{ ticklen: 0, gridcolor: CLEAR },
      },
    })),
    { columns: 1, gapY: GAP / inner },
  );
  // Plotly cannot check the legend of a figure that shows none.
  const { legend: _, ...layout } = headedLayout({ title, subtitle }, {
    ...{ width: 960, height: inner + TOP + BOTTOM, showlegend: false },
    margin: { l: left + 20, r: 16, t: TOP, b: BOTTOM },
    ...grid,
    shapes: runs.map(({ row, until }) => {
      const color = row.right ? COLORS.green : COLORS.vermilion;
      const y = lanes.indexOf(row.lane);
      return {
        ...{ type: "rect", ...place(row), layer: "below" },
        ...{ x0: row.step - 0.5, x1: until + 0.5 },
        ...{ y0: y - 0.4, y1: y + 0.4 },
        fillcolor: translucent(color, row.right ? 0.16 : 0.4),
        line: { color, width: 1 },
      };
    }) as Layout["shapes"],
  });
  return {
    ...{ id, title, description },
    spec: {
      data: panels.map((panel, n): Data => {
        const own = runs.filter(({ row }) => row.panel === panel);
        return {
          ...{ type: "scatter", mode: "text", hoverinfo: "skip" },
          showlegend: false,
          x: own.map(({ row, until }) => (row.step + until) / 2),
          y: own.map(({ row }) => lanes.indexOf(row.lane)),
          text: own.map(({ row }) => row.digest),
          ...{ textposition: "middle center", textfont: { size: 11 } },
          ...panelAxes(n),
        } as Data;
      }),
      layout,
    },
    rows: rows.map((row) => ({ ...row })),
  };
}

/** Stretches of steps in which a copy does not change. */
function runsOf(rows: readonly DigestRow[]) {
  const runs: { row: DigestRow; until: number }[] = [];
  for (const row of rows) {
    if (row.digest === "") continue;
    const open = runs.findLast(({ row: { panel, lane } }) =>
      panel === row.panel && lane === row.lane
    );
    const same = open !== undefined && open.row.digest === row.digest &&
      open.until === row.step - 1;
    if (same) open.until = row.step;
    else runs.push({ row, until: row.step });
  }
  return runs;
}
