/**
 * What more branches gain and what they cost: factors of tokens per forward, of time per round and of throughput against the
 * confidence threshold.
 *
 * @module
 */
import type { Data, Layout } from "plotly.js";
import { panelAxes, panelGrid } from "./panels.ts";
import { hollow, projectedHeading } from "./projected.ts";
import { COLORS, headedLayout } from "./theme.ts";
import type { Figure } from "./types.ts";

/** Eight branches over four, for one run at one threshold. */
export interface BranchGainRow {
  /** Model and benchmark. */
  readonly run: string;
  /** tau_act = tau_conf. */
  readonly threshold: number;
  /** Projected factors. */
  readonly tpf: number;
  readonly round: number;
  readonly throughput: number;
  /** Factor of the printed throughputs. */
  readonly paper: number;
}

/** Factors that the paper's own numbers give at one threshold, without any model. */
export interface PrintedGain {
  readonly threshold: number;
  readonly tpf: number;
  readonly round: number;
}

const FACTORS = [
  ["tpf", "tokens per forward", COLORS.green, "diamond", "dot"],
  ["round", "time per round", COLORS.vermilion, "square", "dash"],
  ["throughput", "throughput", COLORS.blue, "circle", "solid"],
] as const;

/** Marks of the runs, apart from those of the factors by colour. */
const RUN_SYMBOLS = ["circle", "square", "triangle-up", "triangle-down"];

/** Mean over runs per threshold, highest threshold first. */
function means(
  rows: readonly BranchGainRow[],
  factor: "tpf" | "round" | "throughput",
): { x: number[]; y: number[] } {
  const groups = [...Map.groupBy(rows, ({ threshold }) => threshold)]
    .toSorted(([a], [b]) => b - a);
  return {
    x: groups.map(([threshold]) => threshold),
    y: groups.map(([, members]) =>
      members.reduce((sum, row) => sum + row[factor], 0) / members.length
    ),
  };
}

function range(values: readonly number[]): string {
  return `${Math.min(...values).toFixed(2)} to ${
    Math.max(...values).toFixed(2)
  }`;
}

/** Left: the projected factors, and the paper's own where its figures allow them; right: throughput, run by run. */
export function branchGainFigure(
  rows: readonly BranchGainRow[],
  printed: PrintedGain,
): Figure {
  const runs = [...new Set(rows.map(({ run }) => run))];
  const left = FACTORS.flatMap((
    [factor, name, color, symbol, dash],
  ): Data[] => [
    {
      type: "scatter",
      mode: "lines+markers",
      name: `${name}, projected (mean)`,
      ...means(rows, factor),
      line: { color, dash, width: 2 },
      marker: { symbol, size: 7, color },
      ...panelAxes(0),
    } as Data,
    ...(factor === "throughput" ? [] : [
      {
        type: "scatter",
        mode: "markers",
        name: `${name}, from the paper's Fig. 4 and Table 4`,
        showlegend: false,
        x: [printed.threshold],
        y: [printed[factor]],
        marker: {
          ...{ symbol: hollow(symbol), size: 12, color },
          line: { color, width: 2 },
        },
        ...panelAxes(0),
      } as Data,
    ]),
  ]);
  const right = [
    {
      type: "scatter",
      mode: "lines",
      name: "throughput, projected (mean)",
      showlegend: false,
      ...means(rows, "throughput"),
      line: { color: COLORS.blue, width: 2 },
      ...panelAxes(1),
    } as Data,
    ...runs.map((run, n): Data => {
      const own = rows.filter((row) => row.run === run);
      const color = "#333333", symbol = RUN_SYMBOLS[n % RUN_SYMBOLS.length]!;
      return {
        type: "scatter",
        mode: "markers",
        name: run,
        x: own.map(({ threshold }) => threshold),
        y: own.map(({ paper }) => paper),
        marker: {
          ...{ symbol: hollow(symbol), size: 10, color },
          line: { color, width: 1.5 },
        },
        ...panelAxes(1),
      } as Data;
    }),
  ];
  const shown = [
    ...FACTORS.flatMap(([factor]) => means(rows, factor).y),
    ...rows.map(({ paper }) => paper),
    ...[printed.tpf, printed.round, 1],
  ];
  const factors = [Math.min(...shown) - 0.02, Math.max(...shown) + 0.03];
  const x = { range: [0.97, 0.68], tickformat: ".2f", dtick: 0.05 };
  const grid = panelGrid([
    {
      title: "Factors, 8 branches over 4",
      x: "Threshold τ<sub>act</sub> = τ<sub>conf</sub>",
      y: "Factor",
      xMore: x,
      yMore: { range: factors },
    },
    {
      title: "Throughput, 8 over 4: line projected, hollow printed",
      x: "Threshold τ<sub>act</sub> = τ<sub>conf</sub>",
      y: "",
      xMore: x,
      yMore: { range: factors },
    },
  ], { columns: 2, gapX: 0.08 });
  const all = (value: (row: BranchGainRow) => number) => range(rows.map(value));
  return {
    id: "lopa-branch-gain",
    title: "Projected: why 8 branches buy so little over 4",
    description: `From 4 to 8 branches the paper's throughput grows by ${
      all(({ paper }) => paper)
    }; projected ${
      all(({ throughput }) => throughput)
    }: tokens per forward grow by ${
      all(({ tpf }) => tpf)
    } and shrink with the threshold, and a round takes ${
      all(({ round }) => round)
    } times as long. The paper's own numbers at tau = ${printed.threshold} (GSM8K, Instruct) give ${
      printed.tpf.toFixed(2)
    } and ${printed.round.toFixed(2)}.`,
    spec: {
      data: [...left, ...right],
      layout: headedLayout(
        projectedHeading({
          title: "why 8 branches buy so little over 4",
          subtitle:
            `LoPA-Dist-NV; large hollow marks left: the paper's own Fig. 4 and Table 4, GSM8K Instruct at τ = ${
              printed.threshold.toFixed(2)
            }`,
        }),
        {
          width: 960,
          height: 500,
          margin: { l: 64, r: 24, t: 100, b: 128 },
          legend: { orientation: "h", x: 0, y: -0.19 },
          ...grid,
          shapes: [0, 1].map((panel) => ({
            type: "line",
            xref: `${panelAxes(panel).xaxis} domain`,
            yref: panelAxes(panel).yaxis,
            ...{ x0: 0, x1: 1, y0: 1, y1: 1 },
            line: { color: "#333333", width: 1 },
          })) as Layout["shapes"],
        },
      ),
    },
    rows: rows.map((row) => ({ ...row })),
  };
}
