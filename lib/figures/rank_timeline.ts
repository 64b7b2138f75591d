/**
 * Rounds over time: one lane per rank and one for the coordinator, a panel per layout, all on one clock.
 *
 * @module
 */
import type { Data } from "plotly.js";
import { panelAxes, panelGrid } from "./panels.ts";
import { textWidth } from "./static/text_metrics.ts";
import { headedLayout, PHASES } from "./theme.ts";
import type { Figure } from "./types.ts";

/** A stretch of time on a lane. */
export interface TimelineRow {
  /** Its panel. */
  readonly panel: string;
  /** Its lane, from the top in the order in which they first appear. */
  readonly lane: string;
  /** Its colour: one of {@linkcode TIMELINE_PHASES}. */
  readonly phase: string;
  /** Milliseconds from the beginning of the panel. */
  readonly from: number;
  /** Its end. */
  readonly to: number;
}

/** Phases with their colours, in the order of the legend. */
export const TIMELINE_PHASES: Readonly<Record<string, string>> = PHASES;

/** What the figure says. */
export interface RankTimelineOptions {
  /** File name stem. */
  readonly id: string;
  /** First line of the heading. */
  readonly title: string;
  /** Second line: model, machine, rounds. */
  readonly subtitle: string;
  /** The take-away with its numbers. */
  readonly description: string;
}

/** Pixels of a lane, above and below its panel, above and below all of them. */
const LANE = 30, GAP = 62, TOP = 100, BOTTOM = 92;

/** Long stretches are parted by white lines; short ones have lines of their own colour, so that they are seen at all. */
function edge(phase: string): string {
  return phase === "compute" ? "#ffffff" : TIMELINE_PHASES[phase]!;
}

/** Draws panels below each other. */
export function rankTimelineFigure(
  rows: readonly TimelineRow[],
  { id, title, subtitle, description }: RankTimelineOptions,
): Figure {
  const panels = [...new Set(rows.map(({ panel }) => panel))];
  const lanesOf = (panel: string) => [
    ...new Set(
      rows.filter((row) => row.panel === panel).map(({ lane }) => lane),
    ),
  ];
  const most = Math.max(...panels.map((panel) => lanesOf(panel).length));
  const left = Math.ceil(
    Math.max(...rows.map(({ lane }) => textWidth(lane, 13))),
  );
  const end = Math.max(...rows.map(({ to }) => to));
  const phases = Object.entries(TIMELINE_PHASES).filter(([phase]) =>
    rows.some((row) => row.phase === phase)
  );
  const data = phases.flatMap(([phase, color]) =>
    panels.flatMap((panel, at): Data[] => {
      const own = rows.filter((row) =>
        row.panel === panel && row.phase === phase
      );
      const first = panels.findIndex((name) =>
        rows.some((row) => row.panel === name && row.phase === phase)
      );
      if (own.length === 0) return [];
      return [{
        type: "bar",
        orientation: "h",
        ...{ name: phase, legendgroup: phase, showlegend: at === first },
        base: own.map(({ from }) => from),
        x: own.map(({ from, to }) => to - from),
        y: own.map(({ lane }) => lanesOf(panel).indexOf(lane)),
        width: 0.72,
        marker: {
          color,
          line: { width: phase === "compute" ? 0.5 : 1, color: edge(phase) },
        },
        ...panelAxes(at),
      } as Data];
    })
  );
  const inner = panels.length * most * LANE + (panels.length - 1) * GAP;
  const grid = panelGrid(
    panels.map((name, at) => ({
      title: name,
      x: at === panels.length - 1 ? "Milliseconds" : "",
      y: "",
      xMore: { range: [0, end] },
      yMore: {
        range: [lanesOf(name).length - 0.5, -0.5],
        tickvals: lanesOf(name).map((_, i) => i),
        ticktext: lanesOf(name),
        ticklen: 0,
        gridcolor: "rgba(0, 0, 0, 0)",
      },
    })),
    { columns: 1, gapY: GAP / inner },
  );
  return {
    ...{ id, title, description },
    spec: {
      data,
      layout: headedLayout({ title, subtitle }, {
        width: 960,
        height: inner + TOP + BOTTOM,
        margin: { l: left + 20, r: 24, t: TOP, b: BOTTOM },
        barmode: "overlay",
        legend: {
          orientation: "h",
          x: 0,
          y: -48 / inner,
          yanchor: "top",
          traceorder: "normal",
        },
        ...grid,
      }),
    },
    rows: rows.map((row) => ({ ...row })),
  };
}
