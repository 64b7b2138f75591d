/**
 * Tokens decoded in parallel at each step on several tasks: one row of panels per task, measured left and the paper right.
 *
 * @module
 */
import type { Data } from "plotly.js";
import { looksOf } from "./looks.ts";
import { panelGrid } from "./panels.ts";
import { parallelTraces } from "./parallel_tokens.ts";
import type { ParallelTokensRow } from "./parallel_tokens.ts";
import { headedLayout } from "./theme.ts";
import type { Figure } from "./types.ts";

/** A task with its own steps and the paper's. */
export interface ParallelTask {
  /** Name of the task. */
  readonly task: string;
  /** Benchmark of the paper that it stands for. */
  readonly benchmark: string;
  /** Problems decoded. */
  readonly problems: number;
  /** Both sources; series have the same names and order in all tasks. */
  readonly rows: readonly ParallelTokensRow[];
}

const SOURCES = ["measured", "paper"] as const;

/** Draws two panels per task on one vertical scale. */
export function parallelPanelsFigure(
  tasks: readonly ParallelTask[],
  options: { readonly id: string; readonly model: string },
): Figure {
  const { id, model } = options;
  const names = [
    ...new Set(tasks.flatMap(({ rows }) => rows.map(({ series }) => series))),
  ];
  const looks = looksOf(names);
  const data = tasks.flatMap(({ rows, problems }, line) =>
    SOURCES.flatMap((source, column) =>
      names.flatMap((name) => {
        const own = rows.filter((row) =>
          row.source === source && row.series === name
        );
        if (own.length === 0) return [];
        const traces = parallelTraces(own, {
          look: looks.get(name)!,
          panel: 2 * line + column,
          markedFrom: problems / 2,
        });
        return line === 0
          ? traces
          : traces.map((trace): Data => ({ ...trace, showlegend: false }));
      })
    )
  );
  const panels = tasks.flatMap(({ task, benchmark, problems, rows }) => {
    const top = Math.max(...rows.flatMap(({ mean, q3 }) => [mean, q3]));
    const axes = {
      x: "Step",
      y: "Tokens per step",
      xMore: { rangemode: "tozero" },
      yMore: { range: [0, 1.06 * top] },
    };
    return [
      { title: `${task}, measured (n = ${problems})`, ...axes },
      { title: `${benchmark}, paper, 7B model (digitised)`, ...axes },
    ];
  });
  const peaks = tasks.flatMap(({ task, rows }) =>
    names.flatMap((name) => {
      const own = rows.filter((row) =>
        row.source === "measured" && row.series === name
      );
      if (own.length === 0) return [];
      const mean = own.reduce((sum, row) => sum + row.mean * row.samples!, 0) /
        own.reduce((sum, row) => sum + row.samples!, 0);
      return [{ task, words: `${name} ${mean.toFixed(2)}` }];
    })
  );
  const [first] = tasks;
  const finding = `Tokens per step of ${model} on ${first!.task}: ${
    peaks.filter(({ task }) => task === first!.task)
      .map(({ words }) => words).join(", ")
  }`;
  return {
    id,
    title: `Tokens decoded in parallel per step, ${model}`,
    description: `Mean tokens per step over all steps of all answers: ${
      peaks.map(({ task, words }) => `${task} ${words}`).join(", ")
    }. Bands are interquartile ranges over the answers that reach a step; later steps rest on few answers, as the column samples says.`,
    spec: {
      data,
      layout: headedLayout({
        title: finding,
        subtitle:
          "LoPA Fig. 5. Mean and interquartile band over the answers that reach a step, thin where fewer than half do; tokens behind an answer's end count, as in the paper",
      }, {
        width: 940,
        height: 160 + 330 * tasks.length,
        margin: { l: 60, r: 20, t: 80, b: 96 },
        legend: {
          orientation: "h",
          x: 0,
          y: tasks.length > 1 ? -0.1 : -0.2,
          yanchor: "top",
        },
        ...panelGrid(panels, { columns: 2, gapX: 0.09, gapY: 0.2 }),
      }),
    },
    rows: tasks.flatMap(({ task, benchmark, rows }) =>
      rows.map((row) => ({ task, benchmark, ...row }))
    ),
  };
}
