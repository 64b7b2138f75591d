/**
 * Who sends what to whom: lanes with boxes of work and arrows of messages, a panel per protocol. Order is what counts; the
 * horizontal axis has no unit.
 *
 * @module
 */
import type { Data, Layout } from "plotly.js";
import { panelAxes, panelGrid } from "./panels.ts";
import { textWidth } from "./static/text_metrics.ts";
import { COLORS, headedLayout, translucent } from "./theme.ts";
import type { Figure } from "./types.ts";

/** Work on a lane, or a message between two. */
export interface MessageRow {
  /** Its panel. */
  readonly panel: string;
  /** Where it is, or where it comes from. */
  readonly lane: string;
  /** Where a message goes; `null` for work. */
  readonly to: string | null;
  /** Places on the horizontal axis. */
  readonly from: number;
  /** End of the work, arrival of the message. */
  readonly until: number;
  /** Inside the box; `<br>` parts it in two. Messages have none. */
  readonly text: string;
  /** Colour: one of {@linkcode MESSAGE_KINDS}. */
  readonly kind: MessageKind;
}

/** Kinds with their colours. */
export const MESSAGE_KINDS = {
  compute: COLORS.blue,
  commit: COLORS.vermilion,
  select: COLORS.orange,
  control: COLORS.grey,
} as const;

/** A kind of work or message. */
export type MessageKind = keyof typeof MESSAGE_KINDS;

/** What the figure says. */
export interface MessageTimelineOptions {
  /** File name stem. */
  readonly id: string;
  /** First line of the heading. */
  readonly title: string;
  /** Second line. */
  readonly subtitle: string;
  /** The take-away with its numbers. */
  readonly description: string;
  /** What stands above stretches of the axis. */
  readonly stretches: readonly {
    /** Its words. */
    readonly text: string;
    /** Where it begins. */
    readonly from: number;
    /** Where it ends. */
    readonly until: number;
  }[];
}

/** Pixels of a lane, between panels, above and below all of them; half the height of a box, in lanes. */
const LANE = 52, GAP = 64, TOP = 104, BOTTOM = 28, HALF = 0.32;

const CLEAR = "rgba(0, 0, 0, 0)";

/** Lanes from the top and panels from the top in the order in which they first appear; all panels have as many lanes. */
export function messageTimelineFigure(
  rows: readonly MessageRow[],
  options: MessageTimelineOptions,
): Figure {
  const { id, title, subtitle, description, stretches } = options;
  const panels = [...new Set(rows.map(({ panel }) => panel))].map((name) => {
    const own = rows.filter(({ panel }) => panel === name);
    return { name, rows: own, lanes: [...new Set(own.map((row) => row.lane))] };
  });
  const lanes = Math.max(...panels.map((panel) => panel.lanes.length));
  const left = Math.ceil(
    Math.max(...rows.map(({ lane }) => textWidth(lane, 13))),
  );
  const end = Math.max(...rows.map(({ until }) => until));
  const inner = panels.length * lanes * LANE + (panels.length - 1) * GAP;
  const grid = panelGrid(
    panels.map(({ name, lanes }) => ({
      title: name,
      ...{ x: "", y: "" },
      xMore: {
        range: [-0.05, end + 0.05],
        ...{ showticklabels: false, ticklen: 0 },
        ...{ gridcolor: CLEAR, linecolor: CLEAR },
      },
      yMore: {
        range: [lanes.length - 0.5, -0.9],
        ...{ tickvals: lanes.map((_, i) => i), ticktext: lanes },
        ...{ ticklen: 0, linecolor: CLEAR, gridcolor: CLEAR },
      },
    })),
    { columns: 1, gapY: GAP / inner },
  );
  // Plotly cannot check the legend of a figure that shows none.
  const { legend: _, ...layout } = headedLayout({ title, subtitle }, {
    ...{ width: 960, height: inner + TOP + BOTTOM, showlegend: false },
    margin: { l: left + 20, r: 16, t: TOP, b: BOTTOM },
    ...grid,
    shapes: panels.flatMap(({ rows, lanes }, at) => [
      ...lanes.map((_, lane) => lineOf(lane, { at, end })),
      ...rows.filter(({ to }) => to === null).flatMap((row) =>
        boxOf(row, { lanes, at })
      ),
    ]) as Layout["shapes"],
    annotations: raised(grid.annotations ?? []) as Layout["annotations"],
  });
  return {
    ...{ id, title, description },
    spec: {
      data: panels.flatMap((panel, at) => [
        ...panel.rows.filter(({ to }) => to !== null).map((row) =>
          arrowOf(row, { lanes: panel.lanes, at })
        ),
        words(panel, { stretches, at }),
      ]),
      layout,
    },
    rows: rows.map((row) => ({ ...row })),
  };
}

/** Panel titles above the headings of stretches. */
function raised(annotations: NonNullable<Layout["annotations"]>) {
  return annotations.map((one) => ({ ...one, yshift: 6 }));
}

/** Where a panel's rows stand. */
interface Place {
  readonly lanes: readonly string[];
  readonly at: number;
}

/** Words in the boxes, and the headings above them. */
function words(
  { rows, lanes }: Pick<Place, "lanes"> & {
    readonly rows: readonly MessageRow[];
  },
  { stretches, at }: Pick<MessageTimelineOptions, "stretches"> & {
    readonly at: number;
  },
): Data {
  const boxes = rows.filter(({ to }) => to === null);
  const all = [
    ...boxes.map(({ from, until, lane, text }) => ({
      ...{ x: (from + until) / 2, y: lanes.indexOf(lane), text },
    })),
    ...stretches.map(({ from, until, text }) => ({
      ...{ x: (from + until) / 2, y: -0.68, text: `<i>${text}</i>` },
    })),
  ];
  return {
    ...{ type: "scatter", mode: "text", hoverinfo: "skip" },
    ...{ x: all.map(({ x }) => x), y: all.map(({ y }) => y) },
    text: all.map(({ text }) => text),
    ...{ textposition: "middle center", showlegend: false },
    textfont: { size: 11 },
    ...panelAxes(at),
  } as Data;
}

function boxOf({ from, until, kind, lane }: MessageRow, place: Place) {
  const color = MESSAGE_KINDS[kind];
  const { xaxis, yaxis } = panelAxes(place.at);
  const y = place.lanes.indexOf(lane);
  // The first hides the line of the lane.
  return ["#ffffff", translucent(color, 0.18)].map((fillcolor) => ({
    ...{ type: "rect", xref: xaxis, yref: yaxis, layer: "below" },
    ...{ x0: from, x1: until, y0: y - HALF, y1: y + HALF, fillcolor },
    line: { color, width: 1.2 },
  }));
}

/** The line of a lane, behind everything. */
function lineOf(
  lane: number,
  { at, end }: { readonly at: number; readonly end: number },
) {
  const { xaxis, yaxis } = panelAxes(at);
  return {
    ...{ type: "line", xref: xaxis, yref: yaxis, layer: "below" },
    ...{ x0: 0, x1: end, y0: lane, y1: lane },
    line: { color: "#dddddd", width: 1 },
  };
}

/** A line with a head. */
function arrowOf(
  { lane, to, from, until, kind }: MessageRow,
  { lanes, at }: Place,
): Data {
  const begin = lanes.indexOf(lane), end = lanes.indexOf(to!);
  const down = Math.sign(end - begin);
  const color = MESSAGE_KINDS[kind];
  return {
    ...{ type: "scatter", mode: "lines+markers", hoverinfo: "skip" },
    showlegend: false,
    x: [from, until],
    y: [begin + HALF * down, end - (HALF + 0.06) * down],
    line: { color, width: kind === "commit" ? 2 : 1 },
    marker: {
      ...{ color, opacity: 1, size: [0, kind === "commit" ? 10 : 7] },
      symbol: down > 0 ? "triangle-down" : "triangle-up",
    },
    ...panelAxes(at),
  } as Data;
}
