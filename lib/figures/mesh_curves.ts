/**
 * Which mesh of branch and tensor parallel ranks is best, against the time of a round that the software costs whatever the mesh.
 *
 * @module
 */
import type { Data, Layout } from "plotly.js";
import { panelAxes, panelGrid } from "./panels.ts";
import { projectedHeading } from "./projected.ts";
import { COLORS, headedLayout, seriesStyle } from "./theme.ts";
import type { Figure } from "./types.ts";

/** One mesh at one fixed time. */
export interface MeshRow {
  /** Its panel: the machine. */
  readonly panel: string;
  /** Branch groups and devices per group. */
  readonly branchParallel: number;
  readonly tensorParallel: number;
  /** Fixed time per round, in milliseconds. */
  readonly fixedMs: number;
  /** Tokens per second. */
  readonly rate: number;
}

/** What the figure says beside its rows. */
export interface MeshCurvesOptions {
  /** Fixed time of the published software by panel, in milliseconds. */
  readonly fitted: Readonly<Record<string, number>>;
  /** Model, benchmark and threshold. */
  readonly run: string;
  readonly description: string;
}

/** Throughputs as shares of the best mesh's at the same fixed time, in percent. */
function shares(rows: readonly MeshRow[]): (MeshRow & { share: number })[] {
  const best = new Map<string, number>();
  const key = ({ panel, fixedMs }: MeshRow) => `${panel} ${fixedMs}`;
  for (const row of rows) {
    best.set(key(row), Math.max(best.get(key(row)) ?? 0, row.rate));
  }
  return rows.map((row) => ({
    ...row,
    share: 100 * row.rate / best.get(key(row))!,
  }));
}

/** Draws one panel per machine and one line per degree of tensor parallelism. */
export function meshCurvesFigure(
  rows: readonly MeshRow[],
  { fitted, run, description }: MeshCurvesOptions,
): Figure {
  const all = shares(rows);
  const panels = [...new Set(rows.map(({ panel }) => panel))];
  const widths = [...new Set(rows.map((row) => row.tensorParallel))]
    .toSorted((a, b) => a - b);
  const data = panels.flatMap((panel, at) => {
    const own = all.filter((row) => row.panel === panel);
    return widths.flatMap((width, n): Data[] => {
      const { color, dash } = seriesStyle(n);
      const points = own.filter((row) => row.tensorParallel === width);
      if (points.length === 0) return [];
      return [{
        type: "scatter",
        mode: "lines",
        name: `TP ${width}`,
        legendgroup: `TP ${width}`,
        showlegend: at === panels.length - 1,
        x: points.map(({ fixedMs }) => fixedMs),
        y: points.map(({ share }) => share),
        line: { color, dash, width: 2.2 },
        ...panelAxes(at),
      } as Data];
    });
  });
  const low = 10 * Math.floor(Math.min(...all.map(({ share }) => share)) / 10);
  const ranks = (panel: string) => {
    const { branchParallel, tensorParallel } = rows.find((row) =>
      row.panel === panel
    )!;
    return branchParallel * tensorParallel;
  };
  const grid = panelGrid(
    panels.map((title, at) => ({
      title: `${title}: BP = ${ranks(title)} / TP`,
      x: "Fixed time per round (ms, log scale)",
      y: at === 0 ? "Share of the best mesh's throughput (%)" : "",
      xMore: {
        type: "log",
        tickvals: [0.1, 0.2, 0.5, 1, 2, 5, 10, 20],
        ticktext: ["0.1", "0.2", "0.5", "1", "2", "5", "10", "20"],
      },
      yMore: { range: [low, 103] },
    })),
    { columns: panels.length, gapX: 0.07 },
  );
  const lines = panels.map((panel, at) => {
    const { xaxis, yaxis } = panelAxes(at);
    const x = fitted[panel]!;
    return {
      shape: {
        type: "line",
        ...{ xref: xaxis, yref: `${yaxis} domain`, x0: x, x1: x, y0: 0, y1: 1 },
        line: { color: COLORS.grey, width: 1, dash: "dash" },
      },
      word: {
        text: `published software: ${x.toFixed(1)} ms`,
        ...{ x: Math.log10(x) - 0.85, y: 0.02, xref: xaxis },
        yref: `${yaxis} domain`,
        ...{ xanchor: "left", yanchor: "bottom", align: "left" },
        showarrow: false,
        font: { size: 11, color: COLORS.grey },
      },
    };
  });
  const title = "which mesh is best where";
  return {
    id: "lopa-meshes",
    title: `Projected: ${title}`,
    description,
    spec: {
      data,
      layout: headedLayout(
        projectedHeading({
          title,
          subtitle:
            `${run}; branch results exchanged as choices, not as logits; all devices used`,
        }),
        {
          width: 960,
          height: 480,
          margin: { l: 64, r: 24, t: 100, b: 92 },
          ...grid,
          legend: { orientation: "h", x: 0, y: -0.18 },
          shapes: lines.map(({ shape }) => shape) as Layout["shapes"],
          annotations: [
            ...grid.annotations ?? [],
            ...lines.map(({ word }) => word),
          ] as Layout["annotations"],
        } as Record<string, unknown>,
      ),
    },
    rows: all.map((row) => ({ ...row })),
  };
}
