/**
 * Tokens per forward against lookaheads, as LoPA Fig. 4, with what the gain costs beside it.
 *
 * @module
 */
import type { Data, Layout } from "plotly.js";
import { type Look, looksOf } from "./looks.ts";
import { panelAxes, panelGrid } from "./panels.ts";
import { COLORS, headedLayout, seriesStyle } from "./theme.ts";
import type { Figure } from "./types.ts";

/** One measured point. */
export interface ScalingRow {
  /** Name of its curve. */
  readonly model: string;
  /** Lookahead branches beside the anchor. */
  readonly lookaheads: number;
  /** Tokens per forward, ratio of sums; a round of all branches is one forward. */
  readonly tpf: number;
  /** Lower end of the 95% bootstrap interval of `tpf`. */
  readonly tpfLow: number;
  /** Upper end. */
  readonly tpfHigh: number;
  /** Positions computed per generated token. */
  readonly positionsPerToken: number;
  /** Share of positions equal to the one-token-per-step decode, in [0, 1]. */
  readonly agreement: number;
}

/** One point of the paper's digitised Fig. 4. */
export interface PaperScalingRow {
  /** Name of its curve: the panel of the paper's figure. */
  readonly panel: string;
  /** Lookaheads k, as the paper's axis counts them. */
  readonly branches: number;
  /** Tokens per forward, read off the curve. */
  readonly tpf: number;
}

function groups<T>(
  rows: readonly T[],
  key: (row: T) => string,
): [string, T[]][] {
  return [...Map.groupBy(rows, key)];
}

function measuredTrace(
  rows: readonly ScalingRow[],
  options: {
    name: string;
    look: Look;
    panel: number;
    y: (row: ScalingRow) => number;
  },
): Data {
  const style = options.look;
  return {
    type: "scatter",
    mode: "lines+markers",
    name: options.name,
    legendgroup: options.name,
    showlegend: options.panel === 0,
    x: rows.map((row) => row.lookaheads),
    y: rows.map(options.y),
    line: { color: style.color, dash: style.dash, width: 2 },
    marker: { symbol: style.symbol, size: 8, color: style.color },
    ...panelAxes(options.panel),
    ...(options.panel === 0
      ? {
        error_y: {
          type: "data",
          symmetric: false,
          array: rows.map((row) => row.tpfHigh - row.tpf),
          arrayminus: rows.map((row) => row.tpf - row.tpfLow),
          color: style.color,
          thickness: 1,
          width: 3,
        },
      }
      : {}),
  } as Data;
}

function paperTrace(
  rows: readonly PaperScalingRow[],
  options: { name: string; series: number; panel: number },
): Data {
  const style = seriesStyle(options.series);
  return {
    type: "scatter",
    mode: "lines+markers",
    name: options.name,
    showlegend: false,
    x: rows.map((row) => row.branches),
    y: rows.map((row) => row.tpf),
    line: { color: COLORS.grey, dash: style.dash, width: 1.2 },
    marker: { symbol: `${style.symbol}-open`, size: 8, color: COLORS.grey },
    ...panelAxes(options.panel),
  } as Data;
}

/** Labels at the right end of each curve, moved apart where they would touch. */
function endLabels(
  series: readonly [string, PaperScalingRow[]][],
  options: { x: number; panel: number; gap: number },
): Record<string, unknown>[] {
  const { xaxis, yaxis } = panelAxes(options.panel);
  let floor = -Infinity;
  return series.map(([name, rows]) => ({ name, y: rows.at(-1)!.tpf }))
    .toSorted((a, b) => a.y - b.y)
    .map(({ name, y }) => {
      floor = Math.max(y, floor + options.gap);
      return {
        text: name,
        x: options.x,
        y: floor,
        xref: xaxis,
        yref: yaxis,
        xanchor: "left",
        align: "left",
        showarrow: false,
        font: { size: 12, color: COLORS.grey },
      };
    });
}

/** Draws measured scaling beside the paper's. `measured` and `paper` come in ascending lookaheads per series. */
export function tpfScalingFigure(
  measured: readonly ScalingRow[],
  paper: readonly PaperScalingRow[],
): Figure {
  const byModel = groups(measured, (row) => row.model);
  const looks = looksOf(byModel.map(([name]) => name));
  const traces = byModel.flatMap(([name, rows]) =>
    [
      (row: ScalingRow) => row.tpf,
      null,
      (row: ScalingRow) => row.positionsPerToken,
      (row: ScalingRow) => 100 * row.agreement,
    ].flatMap((y, panel) =>
      y === null
        ? []
        : [measuredTrace(rows, { name, look: looks.get(name)!, panel, y })]
    )
  );
  const lookaheadsOf = measured.map(({ lookaheads }) => lookaheads);
  const ends = [Math.min(...lookaheadsOf), Math.max(...lookaheadsOf)];
  const byTask = groups(paper, (row) => row.panel);
  const published = byTask.map(([name, rows], series) =>
    paperTrace(rows, { name, series, panel: 1 })
  );
  const lookaheads = {
    x: "Lookaheads k",
    xMore: { range: [-0.6, 14.6], dtick: 2 },
  };
  const gains = byModel.map(([name, rows]) => {
    const first = rows[0]!, last = rows.at(-1)!;
    return `${name} rises from ${
      first.tpf.toFixed(2)
    } tokens per forward at k = ${first.lookaheads} to ${
      last.tpf.toFixed(2)
    } at k = ${last.lookaheads}, at ${first.positionsPerToken.toFixed(1)} and ${
      last.positionsPerToken.toFixed(1)
    } positions per token`;
  });
  const grid = panelGrid([
    {
      title: "Measured here (tiny models)",
      ...lookaheads,
      y: "Tokens per forward (TPF)",
      yMore: { rangemode: "tozero" },
    },
    {
      title: "Paper, 7B models (LoPA Fig. 4, digitised)",
      ...lookaheads,
      y: "Tokens per forward (TPF)",
      yMore: { rangemode: "tozero" },
    },
    {
      title: "Cost: positions computed per token",
      ...lookaheads,
      y: "Positions per token",
      yMore: { rangemode: "tozero" },
    },
    {
      title: "Agreement with one token per step",
      ...lookaheads,
      y: "Equal positions (%)",
      yMore: { range: [0, 104] },
    },
  ], { columns: 2, gapX: 0.14 });
  return {
    id: "tpf-scaling",
    title: "Tokens per forward against lookaheads",
    description: `${
      gains.join("; ")
    }. The paper's curves are those of 7B models, digitised from LoPA Fig. 4.`,
    spec: {
      data: [...traces, ...published],
      layout: headedLayout(
        {
          title: `From ${ends[0]} to ${ends[1]} lookaheads: ${
            byModel.map(([name, rows]) =>
              `${
                (rows.at(-1)!.tpf / rows[0]!.tpf).toFixed(1)
              } times the tokens per forward on ${name}`
            ).join(", ")
          }`,
          subtitle:
            "Toy prompts. Filled: measured, bars 95% bootstrap intervals over prompts. Hollow, grey: the paper",
        },
        {
          width: 900,
          height: 760,
          legend: { orientation: "h", x: 0, y: -0.1 },
          margin: { l: 64, r: 84, t: 84, b: 72 },
          ...grid,
          annotations: [
            ...grid.annotations ?? [],
            ...endLabels(byTask, { x: 14.4, panel: 1, gap: 0.55 }),
          ] as Layout["annotations"],
        },
      ),
    },
    rows: [
      ...measured.map((row) => ({ source: "measured", ...row })),
      ...paper.map((row) => ({
        source: "paper",
        model: row.panel,
        lookaheads: row.branches,
        tpf: row.tpf,
      })),
    ],
  };
}
