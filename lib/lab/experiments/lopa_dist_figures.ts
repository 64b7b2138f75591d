/**
 * Figures of the measured throughput: scaling over devices, phases of a round, its timeline, the threshold sweep, latencies.
 *
 * @module
 */
import { dotPlotFigure, type DotRow } from "../../figures/dot_plot.ts";
import { linePanelsFigure, type LineRow } from "../../figures/line_panels.ts";
import { rankTimelineFigure } from "../../figures/rank_timeline.ts";
import {
  type PhaseRow,
  roundPhasesFigure,
} from "../../figures/round_phases.ts";
import { PHASES } from "../../figures/theme.ts";
import type { Figure } from "../../figures/types.ts";
import { span } from "../../figures/words.ts";
import { wilson } from "../../metrics/proportions.ts";
import type { LopaDistCell } from "./lopa_dist.ts";
import { clientRate, headlines, POINTS_LOST } from "./lopa_dist_headline.ts";
import { isStandIn, type TimedModel } from "./lopa_dist_models.ts";
import {
  type EntryRow,
  entryRows,
  type LayoutRow,
  layoutRows,
  PAPER_RATE,
  roundOf,
} from "./lopa_dist_rows.ts";
import { SWEEP_SERIES } from "./lopa_dist_settings.ts";

const VIEWS = {
  full: "Windows seen in full",
  "block-causal": "Block-causal windows",
} as const;

/** What every figure says of model and machine. */
function said(model: TimedModel): string {
  return isStandIn(model)
    ? `${model}, a stand-in for d2f-dream-mini; this machine`
    : `${model}; this machine`;
}

function scaling(rows: readonly LayoutRow[]): Figure[] {
  if (rows.length === 0) return [];
  const dots = rows.map((row): DotRow => ({
    panel: VIEWS[row.parameters.visibility],
    ...{ line: row.name, series: `${row.sequences} sequences` },
    ...{ value: row.factor.median, problems: row.turns },
    ...{ low: row.factor.low, high: row.factor.high },
  }));
  const two = rows.filter(({ layout }) =>
    layout.protocol === "two-phase" && layout.shards === 1
  );
  const factors = two.map(({ factor }) => factor.median);
  const words = two.map(({ sequences, name, parameters, factor }) =>
    `${name}, ${sequences} sequences, ${parameters.visibility}: ${
      factor.median.toFixed(2)
    } times the rounds per second of one device of one thread`
  );
  const turns = rows[0]!.turns;
  return [dotPlotFigure(dots, {
    id: "lopa-dist-scaling",
    title: "Branches over devices: how much faster rounds become",
    finding: two.length === 0
      ? "Branches over devices: how much faster rounds become"
      : `Branches over devices: ${
        span(factors, (factor) => factor.toFixed(2))
      } times the rounds per second of one device of one thread`,
    subtitle: `${
      said(rows[0]!.parameters.model)
    }; medians, least and most of ratios within ${turns} turns`,
    description: `${words.join("; ")}.`,
    panels: Object.values(VIEWS).map((title) => ({
      title,
      x: "Rounds per second over 1 device of 1 thread",
      fromZero: true,
      marks: [[1, ""], [2, ""]],
    })),
  })];
}

const PHASE_WORDS = {
  compute: "compute",
  preWrite: "pre-write",
  commit: "commit",
  wait: "wait for other ranks",
  select: "select",
  host: "host",
} as const;

/** Layouts of eight sequences; panels by what windows show. */
function phases(rows: readonly LayoutRow[]): Figure[] {
  const shown = rows.filter(({ sequences, layout }) =>
    sequences === 8 && layout.shards === 1
  );
  if (shown.length === 0) return [];
  const bars = shown.flatMap((row) =>
    (Object.keys(PHASE_WORDS) as (keyof typeof PHASE_WORDS)[]).map(
      (phase): PhaseRow => ({
        panel: VIEWS[row.parameters.visibility],
        bar: row.name,
        phase: PHASE_WORDS[phase],
        milliseconds: Math.max(0, row.phases[phase]),
      }),
    )
  );
  const words = shown.map((row) =>
    `${row.name} (${row.parameters.visibility}): ${
      roundOf(row.phases).toFixed(1)
    } ms, of which commit ${row.phases.commit.toFixed(2)} ms, select and host ${
      (row.phases.select + row.phases.host).toFixed(2)
    } ms; no device works in ${(100 * row.gapShare).toFixed(1)}% of the time`
  );
  return [roundPhasesFigure(bars, {
    ...{ id: "lopa-dist-phases", measured: true },
    colors: Object.values(PHASES),
    absent: "does not serve full attention",
    title: "What a round of 8 sequences goes into",
    subtitle: `${
      said(shown[0]!.parameters.model)
    }; means over rounds and ranks; on one device the commit rides in the forward`,
    description: `${words.join("; ")}.`,
  })];
}

function timeline(rows: readonly LayoutRow[]): Figure[] {
  const shown = rows.filter(({ sequences, layout, parameters }) =>
    sequences === 8 && layout.shards === 1 &&
    (layout.protocol !== null || layout.threads === 1) &&
    (parameters.visibility === "full" || layout.protocol === "single-phase")
  );
  if (shown.length === 0) return [];
  const spans = shown.flatMap((row) =>
    row.timeline.map((span) => ({
      panel: `${row.name} (${row.parameters.visibility})`,
      ...span,
    }))
  );
  const words = shown.map(({ name, gapShare }) =>
    `${name}: no device works in ${(100 * gapShare).toFixed(1)}% of the time`
  );
  return [rankTimelineFigure(spans, {
    id: "lopa-dist-timeline",
    title: "Six rounds of 8 sequences",
    subtitle: `${
      said(shown[0]!.parameters.model)
    }; from the third round on; white on a rank's lane: it waits`,
    description: `${words.join("; ")}.`,
  })];
}

/** Which curve an entry lies on. */
function curveOf({ entry }: EntryRow): string | null {
  const number = entry.system === null ? NaN : Number(entry.id.slice(1));
  const series = SWEEP_SERIES.findLast(({ first }) => number >= first);
  if (series === undefined) return null;
  return `${series.lookaheads + 1} sequences, ${series.protocol}`;
}

function sweepPoints(row: EntryRow): LineRow[] {
  const curve = curveOf(row);
  const series = curve ??
    (row.entry.model === "ar-mini" ? "autoregressive" : row.entry.id);
  const text = `${row.entry.id}, ${row.entry.model}`;
  const rate = row.rates[PAPER_RATE] ?? null;
  return [
    ...(curve === null ? [] : [{
      ...{ panel: "Throughput", series, x: row.entry.tau!, y: rate, text },
    }, {
      ...{ panel: "Tokens per forward", series, x: row.entry.tau! },
      ...{ y: row.tpf, text },
    }]),
    ...(row.score === null ? [] : [{
      ...{ panel: "Score", series, x: clientRate(row) },
      ...{ y: 100 * row.score, ...scoreEnds(row), text },
    }]),
  ];
}

/** Ends of the score's interval, in percent. */
function scoreEnds({ correct }: EntryRow) {
  const graded = correct.filter((right) => right !== null);
  const right = graded.filter(Boolean).length;
  const { low, high } = wilson(right, { trials: graded.length });
  return { low: 100 * low, high: 100 * high };
}

/** Strict thresholds left, loose ones right, as in the paper's table. */
const THRESHOLDS = {
  x: "Threshold τ",
  xMore: { range: [0.97, 0.68], tickformat: ".2f", dtick: 0.05 },
} as const;

/** A log axis: the baselines lie far from the settings. */
const RATES = {
  type: "log",
  tickvals: [10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000],
} as const;

function sweep(rows: readonly EntryRow[]): Figure[] {
  const { model, task, problems } = rows[0]!.parameters;
  if (!rows.some((row) => curveOf(row) !== null)) return [];
  const [headline] = headlines(rows);
  const anchored = headline === undefined
    ? "Nobody grades this task"
    : headline.kept === null
    ? `No setting keeps the base's score within ${POINTS_LOST} point`
    : `Fastest within ${POINTS_LOST} point of the base's ${
      (100 * headline.anchor.score!).toFixed(1)
    }%: ${headline.kept.entry.id} with ${
      clientRate(headline.kept).toFixed(0)
    } tokens/s; at any price ${headline.anyPrice.entry.id} with ${
      clientRate(headline.anyPrice).toFixed(0)
    }`;
  return [linePanelsFigure(rows.flatMap(sweepPoints), {
    id: `lopa-dist-sweep-${model}-${task}`.replaceAll(" ", "-"),
    title: `Counterparts of S1 to S18: ${task}`,
    subtitle: `${
      said(model)
    }; ${problems} problems, settings in turns; bars: 95% Wilson intervals. 4 two-phase: S1 to S6, 8: S7 to S12, single-phase: S13 to S18`,
    ...(headline === undefined ? {} : { finding: anchored }),
    description: `${anchored}.`,
    columns: 3,
    panels: [
      {
        title: "Throughput",
        ...THRESHOLDS,
        y: "Tokens/s (LoPA's mean)",
        yMore: { rangemode: "tozero", tickformat: "~s" },
      },
      {
        title: "Tokens per forward",
        ...THRESHOLDS,
        y: "Tokens per forward (TPF)",
        yMore: { rangemode: "tozero" },
      },
      {
        title: "Score",
        x: "Tokens/s (text to text)",
        y: "Right answers (%)",
        xMore: RATES,
      },
    ],
  })];
}

/** Entries whose latency is shown: all baselines, the ends of every series. */
function latencies(rows: readonly EntryRow[]): Figure[] {
  const shown = rows.filter(({ entry }) =>
    !isStandIn(entry.model) &&
    (entry.system === null || [0.95, 0.7].includes(entry.tau!))
  );
  if (shown.length === 0) return [];
  const dots = shown.map((row): DotRow => ({
    panel: "Latency",
    line: row.entry.system === null
      ? row.entry.id
      : `${row.entry.id} (τ = ${row.entry.tau})`,
    series: row.parameters.task,
    value: 1000 * row.latency.median,
    low: 1000 * row.latency.low,
    high: 1000 * row.latency.high,
    problems: row.problems,
  }));
  const words = shown.map(({ entry, parameters, latency }) =>
    `${entry.id} on ${parameters.task} ${(1000 * latency.median).toFixed(0)} ms`
  );
  const [{ parameters: { model } }] = shown as [EntryRow];
  const timed = [...new Set(shown.map(({ entry }) => entry.model))];
  return [dotPlotFigure(dots, {
    id: `lopa-dist-latency-${model}`,
    title: `Time to an answer: ${timed.join(", ")}`,
    subtitle: "This machine; medians, least and most over problems",
    description: `${words.join("; ")}.`,
    panels: [{
      title: "Latency",
      x: "Milliseconds from text to text",
      fromZero: true,
    }],
  })];
}

/** All figures. */
export function distFigures(cells: readonly LopaDistCell[]): Figure[] {
  const layouts = layoutRows(cells), entries = entryRows(cells);
  const group = (of: (row: EntryRow) => string) =>
    Object.values(Object.groupBy(entries, of)) as EntryRow[][];
  return [
    ...scaling(layouts),
    ...phases(layouts),
    ...timeline(layouts),
    ...group(({ parameters: { model, task } }) => `${model} ${task}`)
      .flatMap(sweep),
    ...group(({ parameters: { model } }) => model).flatMap(latencies),
  ];
}
