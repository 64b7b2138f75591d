/**
 * Which step filled which position: the picture of a token filling order.
 *
 * @module
 */
import type { Data } from "plotly.js";
import type { DecodeStep, FillKind } from "../decoding/types.ts";
import { panelAxes, panelGrid } from "./panels.ts";
import { COLORS, headedLayout } from "./theme.ts";
import type { Figure } from "./types.ts";

/** How a position got its token: by the step's rule, or brought along by a winning lookahead branch. */
export type FillSource = FillKind | "lookahead";

/** One filled position. */
export interface FillOrderRow {
  /** Name of its panel. */
  readonly decoder: string;
  /** 0-based position within the generation. */
  readonly position: number;
  /** Id written there. */
  readonly token: number;
  /** 1-based step that wrote it. */
  readonly step: number;
  /** How it came to be written. */
  readonly source: FillSource;
}

const SOURCES: Record<
  FillSource,
  { label: string; color: string; symbol: string }
> = {
  threshold: {
    label: "passed threshold",
    color: COLORS.blue,
    symbol: "circle",
  },
  quota: {
    label: "best of the step",
    color: COLORS.blue,
    symbol: "circle-open",
  },
  forced: {
    label: "forced",
    color: COLORS.vermilion,
    symbol: "square",
  },
  lookahead: {
    label: "accepted lookahead",
    color: COLORS.green,
    symbol: "diamond",
  },
  free: { label: "unconditional", color: COLORS.purple, symbol: "cross" },
  random: { label: "random", color: COLORS.grey, symbol: "x" },
};

/** Filled positions of a decode, in the order they were written. */
export function fillOrder(
  steps: readonly DecodeStep[],
  options: { readonly decoder: string; readonly promptLength: number },
): FillOrderRow[] {
  return steps.flatMap((step) => {
    const lookahead = step.accepted === undefined
      ? []
      : [{ ...step.accepted, kind: "lookahead" as const }];
    return [...lookahead, ...step.fills].map((fill) => ({
      decoder: options.decoder,
      position: fill.position - options.promptLength,
      token: fill.token,
      step: step.index,
      source: fill.kind,
    }));
  });
}

/** One panel per decoder with a shared step axis: the lower the cloud ends, the fewer forwards it took. */
export function fillOrderFigure(rows: readonly FillOrderRow[]): Figure {
  const decoders = [...new Set(rows.map((row) => row.decoder))];
  const length = Math.max(...rows.map((row) => row.position)) + 1;
  const lastStep = (decoder: string) =>
    Math.max(
      ...rows.filter((row) => row.decoder === decoder).map((row) => row.step),
    );
  const tallest = Math.max(...decoders.map(lastStep));
  const used = (Object.keys(SOURCES) as FillSource[]).filter((source) =>
    rows.some((row) => row.source === source)
  );
  const traces = decoders.flatMap((decoder, panel) =>
    used.flatMap((source) => {
      const own = rows.filter((row) =>
        row.decoder === decoder && row.source === source
      );
      if (own.length === 0) return [];
      const { label, color, symbol } = SOURCES[source];
      return {
        type: "scatter",
        mode: "markers",
        name: label,
        legendgroup: label,
        showlegend: panel === decoders.findIndex((name) =>
          rows.some((row) => row.decoder === name && row.source === source)
        ),
        x: own.map((row) =>
          row.position
        ),
        y: own.map((row) => row.step),
        marker: { color, symbol, size: 6 },
        ...panelAxes(panel),
      } as Data;
    })
  );
  return {
    id: "token-filling-order",
    title: "Token filling order",
    description: `Steps to fill the answer: ${
      decoders.map((decoder) => `${decoder} ${lastStep(decoder)}`).join(", ")
    }. Each mark is one position; marks on one line were written by the same forward.`,
    spec: {
      data: traces,
      layout: headedLayout({
        title: "Which forward wrote which position",
        subtitle: "Marks on one line were written by the same forward",
      }, {
        width: 980,
        height: 480,
        margin: { l: 56, r: 16, t: 84, b: 100 },
        legend: { orientation: "h", x: 0, y: -0.2 },
        ...panelGrid(
          decoders.map((decoder, panel) => ({
            title: `${decoder}: ${lastStep(decoder)} steps`,
            x: "Position in the answer",
            y: panel === 0 ? "Step (forward)" : "",
            xMore: { range: [-2, length + 1] },
            yMore: { range: [0, tallest * 1.04], showticklabels: panel === 0 },
          })),
          { columns: decoders.length, gapX: 0.025 },
        ),
      }),
    },
    rows: rows.map((row) => ({ ...row })),
  };
}
