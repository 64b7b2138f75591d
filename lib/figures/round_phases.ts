/**
 * What a round's time goes into: stacked bars, one per system, in panels that may have different scales.
 *
 * @module
 */
import type { Data } from "plotly.js";
import { panelAxes, panelGrid } from "./panels.ts";
import { projectedHeading } from "./projected.ts";
import { textWidth } from "./static/text_metrics.ts";
import { COLORS, headedLayout } from "./theme.ts";
import type { Figure } from "./types.ts";

/** One part of one bar. */
export interface PhaseRow {
  /** Its panel. */
  readonly panel: string;
  /** Its bar. */
  readonly bar: string;
  /** Its colour. */
  readonly phase: string;
  /** Its length. */
  readonly milliseconds: number;
}

/** What the figure says. */
export interface RoundPhasesOptions {
  readonly id: string;
  readonly title: string;
  readonly subtitle: string;
  readonly description: string;
  /** Whether the numbers were measured; default they are a projection, and the heading says so. */
  readonly measured?: boolean;
  /** What stands where a panel lacks a bar; default nothing. */
  readonly absent?: string;
  /** Colours of the phases in the order in which they first appear. */
  readonly colors?: readonly string[];
}

const PHASE_COLORS = [
  COLORS.blue,
  COLORS.sky,
  COLORS.orange,
  COLORS.vermilion,
  COLORS.light,
];

/** Draws bars from the top in the order in which they first appear; every bar ends with its sum. */
export function roundPhasesFigure(
  rows: readonly PhaseRow[],
  options: RoundPhasesOptions,
): Figure {
  const { id, title, subtitle, description } = options;
  const { measured = false, absent = "", colors = PHASE_COLORS } = options;
  const heading = measured
    ? { title, subtitle }
    : projectedHeading({ title, subtitle });
  const panels = [...new Set(rows.map(({ panel }) => panel))];
  const bars = [...new Set(rows.map(({ bar }) => bar))];
  const phases = [...new Set(rows.map(({ phase }) => phase))];
  const takes = (name: string) =>
    rows.some(({ phase, milliseconds }) => phase === name && milliseconds > 0);
  const left = Math.ceil(Math.max(...bars.map((bar) => textWidth(bar, 13))));
  const data = phases.flatMap((name, n) =>
    panels.map((panel, at): Data => {
      const own = rows.filter((row) =>
        row.phase === name && row.panel === panel
      );
      return {
        type: "bar",
        orientation: "h",
        ...{ name, legendgroup: name, showlegend: at === 0 && takes(name) },
        x: own.map(({ milliseconds }) => milliseconds),
        y: own.map(({ bar }) => bars.indexOf(bar)),
        marker: { color: colors[n % colors.length] },
        ...panelAxes(at),
      } as Data;
    })
  );
  const sums = panels.flatMap((panel, at) =>
    bars.map((bar, y) => {
      const own = rows.filter((row) => row.panel === panel && row.bar === bar);
      const x = own.reduce((sum, { milliseconds }) => sum + milliseconds, 0);
      const text = own.length === 0 ? absent : `${x.toFixed(1)} ms`;
      return { x, y, text, panel: at, ...axisNames(at) };
    })
  );
  const grid = panelGrid(
    panels.map((name, at) => ({
      title: name,
      x: "Milliseconds per round",
      y: "",
      xMore: {
        range: [
          0,
          1.18 *
          Math.max(
            ...sums.filter(({ panel }) => panel === at).map(({ x }) => x),
          ),
        ],
      },
      yMore: {
        range: [bars.length - 0.5, -0.5],
        tickvals: bars.map((_, i) => i),
        ticktext: bars,
        showticklabels: at === 0,
        ticklen: 0,
        gridcolor: "rgba(0, 0, 0, 0)",
      },
    })),
    { columns: panels.length, gapX: 0.05 },
  );
  return {
    ...{ id, title: heading.title, description },
    spec: {
      data,
      layout: headedLayout(heading, {
        width: 960,
        height: 180 + 48 * bars.length,
        margin: { l: left + 20, r: 24, t: 100, b: 96 },
        barmode: "stack",
        bargap: 0.35,
        legend: {
          orientation: "h",
          x: 0,
          y: -0.36,
          traceorder: "normal",
        },
        ...grid,
        annotations: [
          ...grid.annotations ?? [],
          ...sums.map(({ x, y, text, xref, yref }) => ({
            ...{ text, x, y, xref, yref },
            xanchor: "left" as const,
            align: "left" as const,
            xshift: 4,
            showarrow: false,
            font: { size: 12 },
          })),
        ] as NonNullable<typeof grid.annotations>,
      }),
    },
    rows: rows.map((row) => ({ ...row })),
  };
}

function axisNames(panel: number) {
  const { xaxis, yaxis } = panelAxes(panel);
  return { xref: xaxis, yref: yaxis };
}
