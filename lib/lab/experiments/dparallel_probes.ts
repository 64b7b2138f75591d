/**
 * Confidence before and after: by position and step, when a block is entered, and against being right.
 *
 * @module
 */
import { linePanelsFigure, type LineRow } from "../../figures/line_panels.ts";
import type { Figure, FigureRow } from "../../figures/types.ts";
import type { Interval } from "../../metrics/interval.ts";
import { meanInterval } from "../../metrics/mean_interval.ts";
import { PROBE_BINS, type ProbeSums } from "../evaluation/probe_sums.ts";
import { SCORE_SEED } from "../evaluation/scores.ts";
import type { ResultTable } from "../experiment.ts";
import type { StudentCell } from "./dparallel.ts";
import { type Estimated, probeNumbers } from "./dparallel_calibration.ts";
import { endColumns } from "./dparallel_columns.ts";
import type { StudentRole } from "./dparallel_grid.ts";
import { sureShare } from "./dparallel_measure.ts";

/** Roles in figures, in their order, and their names there. */
export const SHOWN_ROLES: readonly (readonly [StudentRole, string])[] = [
  ["base", "base"],
  ["consistency", "consistency only"],
  ["full", "dParallel"],
];

/** Forwards after which positions are looked at, from 0. */
const SHOWN_STEPS = [0, 2, 4, 8];

/** Whose states. */
const STATES = [["own", "own states"], ["shown", "base's states"]] as const;

interface Probed {
  readonly model: string;
  readonly role: StudentRole;
  readonly name: string;
  readonly task: string;
  readonly problems: number;
  readonly own: ProbeSums;
  readonly shown: ProbeSums;
}

function probed(cells: readonly StudentCell[]): Probed[] {
  return SHOWN_ROLES.flatMap(([role, name]) =>
    cells.flatMap(({ plan: { parameters }, result: { probe } }) => {
      if (probe === undefined || parameters.role !== role) return [];
      const { model, task, count: problems } = parameters;
      return [{ model, role, name, task, problems, ...probe }];
    })
  );
}

/** Mean confidence of masked positions (`null` where there is none), and with written ones counted as 1. */
function byPosition(sums: ProbeSums, step: number): FigureRow[] {
  const row = sums.steps[step];
  if (row === undefined) return [];
  return row.sums.map((sum, position) => ({
    ...{ step, position, masked: row.masked[position]! / row.decodes },
    confidence: row.masked[position] === 0 ? null : sum / row.masked[position]!,
    ...endColumns(
      "confidence",
      likely(meanInterval({
        ...{ count: row.masked[position]!, sum },
        squares: row.squares[position]!,
      })),
    ),
    with_written: (sum + row.decodes - row.masked[position]!) / row.decodes,
  }));
}

/** The part of an interval that probabilities can take. */
function likely(interval: Interval | null): Interval | null {
  if (interval === null) return null;
  const { low, high } = interval;
  return { low: Math.max(0, low), high: Math.min(1, high) };
}

/** The tables behind the figures. */
export function probeTables(cells: readonly StudentCell[]): ResultTable[] {
  const all = probed(cells);
  const each = (rows: (sums: ProbeSums) => readonly FigureRow[]) =>
    all.flatMap((entry) =>
      STATES.flatMap(([key, states]) =>
        rows(entry[key]).map((row) => ({
          ...{ model: entry.model, task: entry.task, states },
          ...row,
        }))
      )
    );
  return [
    {
      name: "dparallel-confidence",
      rows: each((sums) =>
        SHOWN_STEPS.flatMap((step) => byPosition(sums, step))
      ),
    },
    {
      name: "dparallel-calibration",
      rows: each((probe) => [{
        problems: probe.decodes.length,
        predictions: probe.calibration.reduce(
          (sum, { count }) => sum + count,
          0,
        ),
        ...scalarColumns(probe),
      }]),
    },
  ];
}

function scalarColumns(probe: ProbeSums): FigureRow {
  const { scalars } = probeNumbers(probe);
  return Object.entries(scalars).reduce((row, [name, found]) => ({
    ...row,
    [name]: found?.value ?? null,
    ...endColumns(name, found),
  }), {});
}

function positions(all: readonly Probed[], root: string): Figure[] {
  const own = all.filter(({ model }) => model.includes(root));
  const places = SHOWN_STEPS.flatMap((step) =>
    STATES.map(([key, states]) => ({
      ...{ step, key, title: `before forward ${step + 1}, ${states}` },
    }))
  );
  const rows = places.flatMap(({ step, key, title }) =>
    own.flatMap((entry) =>
      byPosition(entry[key], step).map((row): LineRow => ({
        ...{ panel: title, series: entry.name, x: Number(row.position) },
        y: row.confidence as number | null,
        low: row.confidence_low as number | null,
        high: row.confidence_high as number | null,
      }))
    )
  );
  if (rows.length === 0) return [];
  const words = own.map(({ name, shown }) =>
    `${name} ${(100 * (sureShare(shown.entry) ?? 0)).toFixed(0)}%`
  );
  return [linePanelsFigure(rows, {
    id: `dparallel-positions-${root}`,
    title: `Confidence by position, ${root}-mini`,
    finding: `Positions above 0.9 when their block is entered, ${root}-mini: ${
      words.join(", ")
    }`,
    subtitle:
      `Mean largest probability of positions that are still masked, over ${
        own[0]!.problems
      } problems (bands: Student's 95% intervals); left: own states, right: the base's`,
    description:
      `Positions of the answer above 0.9 when their block is entered, in the base's states: ${
        words.join(", ")
      }.`,
    panels: places.map(({ title, step, key }) => ({
      title,
      x: step === SHOWN_STEPS.at(-1) ? "Position in the answer's canvas" : "",
      y: key === "own" ? "Confidence" : "",
      yMore: { range: [0, 1.02] },
    })),
    columns: 2,
    ...{ marked: false, bands: true },
    rowHeight: 180,
    gaps: { x: 0.05, y: 0.075 },
  })];
}

function entryAndCalibration(all: readonly Probed[], root: string): Figure[] {
  const own = all.filter(({ model }) => model.includes(root));
  const entry = "when a block of the answer is entered";
  const behind = "when a block behind it is entered";
  const rightPanel = "right against sure, in the base's states";
  const rows = own.flatMap(({ name, own, shown }): LineRow[] => {
    const numbers = probeNumbers(own), right = probeNumbers(shown).right;
    const histogram = (panel: string, shares: readonly Estimated[]) =>
      shares.map((share, i): LineRow => ({
        ...{ panel, series: name, x: (i + 0.5) / PROBE_BINS },
        ...estimate(share, 100),
      }));
    return [
      ...histogram(entry, numbers.entry),
      ...histogram(behind, numbers.behind),
      ...shown.calibration.flatMap(({ count, confidence }, bin): LineRow[] =>
        count === 0 ? [] : [{
          ...{ panel: rightPanel, series: name, x: confidence / count },
          ...{ ...estimate(right[bin]!, 1), text: `${count} predictions` },
        }]
      ),
    ];
  });
  if (rows.length === 0) return [];
  const words = own.map(({ name, shown }) =>
    `${name} ${probeNumbers(shown).scalars.ece?.value.toFixed(3)}`
  );
  const share = {
    ...{ x: "Largest probability", y: "Positions (%)" },
    ...{ xMore: { range: [0, 1] }, yMore: { rangemode: "tozero" } },
  };
  return [linePanelsFigure(rows, {
    id: `dparallel-calibration-${root}`,
    title: `How sure, and how right, ${root}-mini`,
    finding: `Expected calibration error on ${root}-mini: ${words.join(", ")}`,
    subtitle: `${own[0]!.problems} problems; bins of ${
      1 / PROBE_BINS
    }, 95% bootstrap intervals over problems (seed ${SCORE_SEED}); right: the base's own answer has the token`,
    description: `Expected calibration error in the base's states: ${
      words.join(", ")
    }.`,
    panels: [
      { title: entry, ...share },
      { title: behind, ...share },
      {
        ...{ title: rightPanel, x: "Largest probability", y: "Share right" },
        ...{ xMore: { range: [0, 1] }, yMore: { range: [0, 1.02] } },
        diagonal: true,
      },
    ],
    columns: 3,
  })];
}

/** Height and ends of an estimated share. */
function estimate(found: Estimated, scale: number) {
  return {
    y: found === null ? null : scale * found.value,
    low: found === null ? null : scale * found.low,
    high: found === null ? null : scale * found.high,
  };
}

/** The figures that the finished cells allow. */
export function probeFigures(cells: readonly StudentCell[]): Figure[] {
  const all = probed(cells);
  return ["llada", "dream"].flatMap((root) => [
    ...positions(all, root),
    ...entryAndCalibration(all, root),
  ]);
}
