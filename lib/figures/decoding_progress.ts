/**
 * Where in an answer's decoding tokens are written in parallel: every answer's forwards stretched to one length.
 *
 * @module
 */
import type { Data, Layout } from "plotly.js";
import { looksOf } from "./looks.ts";
import { panelAxes, panelGrid } from "./panels.ts";
import { COLORS, headedLayout, translucent } from "./theme.ts";
import type { Figure } from "./types.ts";

/** Mean tokens per forward at one place of the decoding. */
export interface ProgressRow {
  /** Title of its panel. */
  readonly panel: string;
  /** Name of its curve. */
  readonly series: string;
  /** Share of the answer's forwards that lie before, in [0, 1]. */
  readonly progress: number;
  /** Mean over the answers of the tokens that the forward there writes into the answer. */
  readonly mean: number;
  /** Lower end of the 95% bootstrap interval over the answers. */
  readonly low: number;
  /** Upper end. */
  readonly high: number;
  /** Answers that the mean is over. */
  readonly answers: number;
}

/** Draws one panel per model; curves stand in the order in which they first appear. */
export function decodingProgressFigure(
  rows: readonly ProgressRow[],
  { seed }: { readonly seed: number },
): Figure {
  const panels = [...new Set(rows.map(({ panel }) => panel))];
  const names = [...new Set(rows.map(({ series }) => series))];
  const looks = looksOf(names);
  const curves = panels.flatMap((title, panel) =>
    names.flatMap((name) => {
      const own = rows.filter((row) =>
        row.panel === title && row.series === name
      );
      return own.length === 0 ? [] : [{ title, name, own, panel }];
    })
  );
  const data = curves.flatMap(({ title, name, own, panel }): Data[] => {
    const { color, dash, symbol } = looks.get(name)!;
    const x = own.map(({ progress }) => 100 * progress);
    return [
      {
        type: "scatter",
        mode: "lines",
        x: [...x, ...x.toReversed()],
        y: [
          ...own.map(({ high }) => high),
          ...own.map(({ low }) => low).toReversed(),
        ],
        fill: "toself",
        fillcolor: translucent(color, 0.15),
        line: { width: 0, color },
        hoverinfo: "skip",
        showlegend: false,
        ...panelAxes(panel),
      },
      {
        type: "scatter",
        mode: "lines+markers",
        name,
        legendgroup: name,
        showlegend: curves.find((curve) =>
          curve.name === name
        )!.title === title,
        x,
        y: own.map(({ mean }) => mean),
        line: { color, dash, width: 2 },
        marker: { symbol, size: 6, color },
        ...panelAxes(panel),
      },
    ] as Data[];
  });
  const top = 1.06 * Math.max(...rows.map(({ high }) => high));
  const thirds = panels.flatMap((_, panel) => {
    const { xaxis, yaxis } = panelAxes(panel);
    return [100 / 3, 200 / 3].map((x) => ({
      type: "line",
      xref: xaxis,
      yref: `${yaxis} domain`,
      ...{ x0: x, x1: x, y0: 0, y1: 1 },
      layer: "below",
      line: { color: COLORS.grey, width: 1, dash: "dash" },
    }));
  });
  const titleOf = (title: string) => {
    const counts = rows.filter(({ panel }) => panel === title)
      .map(({ answers }) => answers);
    const [least, most] = [Math.min(...counts), Math.max(...counts)];
    return `${title} (n = ${least === most ? most : `${least} to ${most}`})`;
  };
  const peaks = curves.map(({ title, name, own }) => {
    const peak = own.toSorted((a, b) => b.mean - a.mean)[0]!;
    return `${title} ${name}: most, ${peak.mean.toFixed(2)}, at ${
      (100 * peak.progress).toFixed(0)
    }%`;
  });
  const [firstPanel] = panels;
  const sharpest = curves.filter(({ title }) => title === firstPanel)
    .slice(0, 2).map(({ name, own }) => {
      const { progress } = own.toSorted((a, b) => b.mean - a.mean)[0]!;
      return `at ${(100 * progress).toFixed(0)}% (${name})`;
    });
  return {
    id: "lopa-progress",
    title: "Where in its decoding an answer is written in parallel",
    description: `Tokens of the answer per forward. ${
      peaks.join("; ")
    }. Dashed lines part the thirds that the claims compare; what is written behind an answer's end does not count.`,
    spec: {
      data,
      layout: headedLayout({
        title: `Most tokens per forward of ${firstPanel} ${
          sharpest.join(" and ")
        }`,
        subtitle:
          `Mean over answers, band: its 95% bootstrap interval (seed ${seed}); only tokens of the answer; dashed: thirds`,
      }, {
        width: 940,
        height: 470,
        margin: { l: 60, r: 20, t: 80, b: 100 },
        legend: { orientation: "h", x: 0, y: -0.22, yanchor: "top" },
        shapes: thirds as Layout["shapes"],
        ...panelGrid(
          panels.map((title) => ({
            title: titleOf(title),
            x: "Forwards done (% of the answer's own)",
            y: "Tokens per forward",
            xMore: { range: [0, 100] },
            yMore: { range: [0, top] },
          })),
          { columns: panels.length, gapX: 0.09 },
        ),
      }),
    },
    rows: rows.map((row) => ({ ...row })),
  };
}
