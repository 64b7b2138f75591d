/**
 * Tokens decoded in parallel at each step, mean with interquartile band, as LoPA Fig. 5.
 *
 * @module
 */
import type { Data } from "plotly.js";
import type { Look } from "./looks.ts";
import { looksOf } from "./looks.ts";
import { panelAxes, panelGrid } from "./panels.ts";
import { headedLayout, translucent } from "./theme.ts";
import type { Figure } from "./types.ts";

/** Tokens filled at one step index, over the samples that reach it. */
export interface ParallelTokensRow {
  /** Which of the two panels it belongs to. */
  readonly source: "measured" | "paper";
  /** Name of its curve. */
  readonly series: string;
  /** 1-based step. */
  readonly step: number;
  /** Mean tokens per step over the samples. */
  readonly mean: number;
  /** First quartile: lower edge of the band. */
  readonly q1: number;
  /** Third quartile: upper edge of the band. */
  readonly q3: number;
  /** Samples that reach this step; `null` where the paper does not say. */
  readonly samples: number | null;
}

/** How one series is drawn. */
export interface ParallelTraceOptions {
  readonly look: Look;
  readonly panel: number;
  /** Steps that fewer samples reach are a thin line without marks; default 0. */
  readonly markedFrom?: number;
}

/** Band and mean line of one series. */
export function parallelTraces(
  rows: readonly ParallelTokensRow[],
  options: ParallelTraceOptions,
): Data[] {
  const { markedFrom = 0, look: style } = options;
  const name = rows[0]!.series;
  const paper = rows[0]!.source === "paper";
  const axes = panelAxes(options.panel);
  const steps = rows.map((row) => row.step);
  const means = rows.map((row) => row.mean);
  const marked =
    rows.filter(({ samples }) => samples === null || samples >= markedFrom)
      .length;
  const line = { type: "scatter", ...axes };
  return [
    {
      type: "scatter",
      mode: "lines",
      x: [...steps, ...steps.toReversed()],
      y: [
        ...rows.map((row) => row.q3),
        ...rows.map((row) => row.q1).toReversed(),
      ],
      fill: "toself",
      fillcolor: translucent(style.color, 0.13),
      line: { width: 0, color: style.color },
      hoverinfo: "skip",
      showlegend: false,
      ...axes,
    },
    {
      ...line,
      mode: paper ? "lines" : "lines+markers",
      name,
      legendgroup: name,
      showlegend: !paper,
      x: steps.slice(0, marked),
      y: means.slice(0, marked),
      // The paper's curves are too jagged for dashes.
      line: paper
        ? { color: style.color, width: 1.4 }
        : { color: style.color, dash: style.dash, width: 2 },
      ...(paper
        ? {}
        : { marker: { symbol: style.symbol, size: 6, color: style.color } }),
    },
    ...(marked === rows.length ? [] : [{
      ...line,
      mode: "lines",
      showlegend: false,
      x: steps.slice(marked - 1),
      y: means.slice(marked - 1),
      line: { color: style.color, dash: style.dash, width: 1 },
    }]),
  ] as Data[];
}

/** Draws measured and published series side by side; both must use the same series names in the same order. */
export function parallelTokensFigure(
  rows: readonly ParallelTokensRow[],
  options: { readonly measured: string; readonly paper: string },
): Figure {
  const names = [...new Set(rows.map((row) => row.series))];
  const looks = looksOf(names);
  const traces = (["measured", "paper"] as const).flatMap((source, panel) =>
    names.flatMap((name) => {
      const look = looks.get(name)!;
      const own = rows.filter((row) =>
        row.source === source && row.series === name
      );
      return own.length === 0 ? [] : parallelTraces(own, { look, panel });
    })
  );
  const means = names.flatMap((name) => {
    const own = rows.filter((row) =>
      row.source === "measured" && row.series === name
    );
    const mean = own.reduce((sum, row) => sum + row.mean, 0) / own.length;
    return own.length === 0 ? [] : [`${name} ${mean.toFixed(2)}`];
  });
  const y = "Tokens per step";
  return {
    id: "parallel-tokens",
    title: "Tokens decoded in parallel per step",
    description:
      `Mean tokens per step over the steps of each series, measured: ${
        means.join(", ")
      }. Bands are interquartile ranges over the samples that reach a step; later steps rest on few samples.`,
    spec: {
      data: traces,
      layout: headedLayout(
        {
          title: `Tokens per step: ${means.join(", ")}`,
          subtitle:
            "Mean and interquartile band over the samples that reach a step",
        },
        {
          width: 900,
          height: 460,
          margin: { l: 60, r: 20, t: 84, b: 96 },
          legend: { orientation: "h", x: 0, y: -0.22 },
          ...panelGrid([
            {
              title: options.measured,
              x: "Step",
              y,
              yMore: { rangemode: "tozero" },
            },
            {
              title: options.paper,
              x: "Step",
              y,
              yMore: { rangemode: "tozero" },
            },
          ], { columns: 2, gapX: 0.1 }),
        },
      ),
    },
    rows: rows.map((row) => ({ ...row })),
  };
}
