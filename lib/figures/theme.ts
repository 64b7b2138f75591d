/**
 * One look for all figures: Okabe-Ito colours, marker shape and dash as a second channel, measured values solid and the
 * paper's hollow, text of at least 11 pixels.
 *
 * @module
 */
import type { Layout } from "plotly.js";
import { textWidth } from "./static/text_metrics.ts";

/** Font of all figures; Arimo, Arial and Helvetica share their metrics. */
export const FONT = "Arimo, Arial, Helvetica, Liberation Sans, sans-serif";

/** Default size of a figure in pixels. */
export const FIGURE_WIDTH = 860, FIGURE_HEIGHT = 460;

/** Okabe-Ito colours by role, safe for colour-blind readers. */
export const COLORS = {
  blue: "#0072b2",
  orange: "#e69f00",
  green: "#009e73",
  vermilion: "#d55e00",
  purple: "#cc79a7",
  sky: "#56b4e9",
  yellow: "#f0e442",
  grey: "#6b6b6b",
  dark: "#333333",
  light: "#c4c4c4",
} as const;

/** Colours of what a round's time goes into, the same in bars and on timelines. */
export const PHASES: Readonly<Record<string, string>> = {
  compute: COLORS.blue,
  "pre-write": COLORS.sky,
  commit: COLORS.vermilion,
  wait: COLORS.light,
  select: COLORS.orange,
  host: COLORS.green,
};

/** Colours, markers and dashes of the n-th series. */
export const SERIES = [
  { color: COLORS.blue, symbol: "circle", dash: "solid" },
  { color: COLORS.vermilion, symbol: "square", dash: "dash" },
  { color: COLORS.green, symbol: "diamond", dash: "dot" },
  { color: COLORS.purple, symbol: "triangle-up", dash: "dashdot" },
  { color: COLORS.orange, symbol: "cross", dash: "longdash" },
  { color: COLORS.sky, symbol: "x", dash: "longdashdot" },
  { color: COLORS.dark, symbol: "hexagon", dash: "solid" },
] as const;

/** Series style of index `n`, cycling. */
export function seriesStyle(n: number): (typeof SERIES)[number] {
  return SERIES[n % SERIES.length]!;
}

/** The same colour with transparency, for bands. */
export function translucent(color: string, alpha: number): string {
  const [r, g, b] = [1, 3, 5].map((at) =>
    parseInt(color.slice(at, at + 2), 16)
  );
  return `rgba(${r}, ${g}, ${b}, ${alpha})`;
}

/** Axis settings shared by all figures. */
export function axis(
  title: string,
  more: Record<string, unknown> = {},
): Record<string, unknown> {
  return {
    title: { text: title, font: { size: 13 } },
    showline: true,
    linecolor: "#333333",
    ticks: "outside",
    tickcolor: "#333333",
    gridcolor: "#e5e5e5",
    zeroline: false,
    automargin: false,
    ticklabeloverflow: "allow",
    ...more,
  };
}

/** Layout shared by all figures. */
function layout(more: Record<string, unknown>): Partial<Layout> {
  return {
    font: { family: FONT, size: 13, color: "#1a1a1a" },
    paper_bgcolor: "#ffffff",
    plot_bgcolor: "#ffffff",
    margin: { l: 64, r: 24, t: 56, b: 56 },
    legend: { orientation: "h", x: 0, y: -0.2 },
    ...more,
  };
}

/** Sizes of a heading's two lines in pixels: at best, and where a long line has to shrink. */
const HEADING = { best: 16, least: 12 }, SUBTITLE = { best: 12, least: 11 };

/** The size at which a line of text, without its tags, fits a figure's width. */
function fitting(
  text: string,
  { size, width }: {
    readonly size: { readonly best: number; readonly least: number };
    readonly width: number;
  },
): number {
  const words = text.replaceAll(/<[^>]*>/g, "");
  const needed = textWidth(words, size.best) / (0.97 * width);
  return Math.max(
    size.least,
    Math.min(size.best, Math.floor(10 * size.best / needed) / 10),
  );
}

/** Layout with a heading, and a smaller second line for what every reader of the numbers must know: intervals, counts, seeds. */
export function headedLayout(
  heading: { readonly title: string; readonly subtitle: string },
  more: Record<string, unknown> & { readonly width?: number } = {},
): Partial<Layout> {
  const { title, subtitle } = heading;
  const { width = FIGURE_WIDTH } = more;
  const small = fitting(subtitle, { size: SUBTITLE, width });
  const style = `font-size:${small}px;color:${COLORS.grey}`;
  return {
    ...layout(more),
    title: {
      text: `${title}<br><span style="${style}">${subtitle}</span>`,
      x: 0.01,
      xanchor: "left",
      yref: "container",
      y: 1,
      yanchor: "top",
      pad: { t: 22 },
      font: { size: fitting(title, { size: HEADING, width }) },
    },
  };
}
