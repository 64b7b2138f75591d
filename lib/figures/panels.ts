/**
 * Several panels in one figure: domains, axis names and panel titles.
 *
 * @module
 */
import type { Layout } from "plotly.js";
import { axis } from "./theme.ts";

/** One panel of a grid. */
export interface Panel {
  /** Stands above the panel; empty where the panel above says it. */
  readonly title: string;
  /** Title of the horizontal axis. */
  readonly x: string;
  /** Title of the vertical axis. */
  readonly y: string;
  /** Extra settings of the horizontal axis. */
  readonly xMore?: Record<string, unknown>;
  /** Those of the vertical axis. */
  readonly yMore?: Record<string, unknown>;
}

/** Options of {@linkcode panelGrid}. */
export interface PanelGridOptions {
  /** Panels per row. */
  readonly columns: number;
  /** Gap between panels as a share of the figure, default 0.1. */
  readonly gapX?: number;
  /** Vertical gap, default 0.22. */
  readonly gapY?: number;
}

/** Axis names of panel `n`, as traces refer to them. */
export function panelAxes(n: number): { xaxis: string; yaxis: string } {
  const suffix = n === 0 ? "" : String(n + 1);
  return { xaxis: `x${suffix}`, yaxis: `y${suffix}` };
}

/** Layout of panels in reading order: axes with their domains, and a title above each panel. */
export function panelGrid(
  panels: readonly Panel[],
  options: PanelGridOptions,
): Partial<Layout> {
  const { columns, gapX = 0.1, gapY = 0.22 } = options;
  const rows = Math.ceil(panels.length / columns);
  const width = (1 - gapX * (columns - 1)) / columns;
  const height = (1 - gapY * (rows - 1)) / rows;
  const out: Record<string, unknown> = {};
  const annotations = panels.flatMap((panel, n) => {
    const left = (n % columns) * (width + gapX);
    const top = 1 - Math.floor(n / columns) * (height + gapY);
    const suffix = n === 0 ? "" : String(n + 1);
    const names = panelAxes(n);
    out[`xaxis${suffix}`] = axis(panel.x, {
      domain: [left, Math.min(1, left + width)],
      anchor: names.yaxis,
      ...panel.xMore,
    });
    out[`yaxis${suffix}`] = axis(panel.y, {
      domain: [Math.max(0, top - height), top],
      anchor: names.xaxis,
      ...panel.yMore,
    });
    if (panel.title === "") return [];
    return [{
      text: `<b>${panel.title}</b>`,
      x: left,
      y: top,
      xref: "paper",
      yref: "paper",
      xanchor: "left",
      yanchor: "bottom",
      align: "left",
      yshift: 4,
      showarrow: false,
      font: { size: 13 },
    }];
  });
  return { ...out, annotations } as Partial<Layout>;
}
