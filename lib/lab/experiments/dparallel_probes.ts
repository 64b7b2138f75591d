/**
 * Confidence before and after: by position and step, when a block is entered, and against being right.
 *
 * @module
 */
import { linePanelsFigure, type LineRow } from "../../figures/line_panels.ts";
import type { Figure, FigureRow } from "../../figures/types.ts";
import {
  expectedCalibrationError,
  overconfidence,
} from "../../metrics/calibration.ts";
import { PROBE_BINS, type ProbeSums } from "../evaluation/probe_sums.ts";
import type { ResultTable } from "../experiment.ts";
import type { StudentCell } from "./dparallel.ts";
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
    with_written: (sum + row.decodes - row.masked[position]!) / row.decodes,
  }));
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
      rows: each(({ calibration, entry, entryBehind }) => [{
        predictions: calibration.reduce((sum, { count }) => sum + count, 0),
        mean_confidence: shareOf(calibration, "confidence"),
        share_right: shareOf(calibration, "right"),
        overconfidence: overconfidence(calibration),
        ece: expectedCalibrationError(calibration),
        sure_at_entry: sureShare(entry),
        sure_at_entry_behind: sureShare(entryBehind),
      }]),
    },
  ];
}

function shareOf(
  bins: ProbeSums["calibration"],
  key: "confidence" | "right",
): number | null {
  const total = bins.reduce((sum, { count }) => sum + count, 0);
  return total === 0
    ? null
    : bins.reduce((sum, bin) => sum + bin[key], 0) / total;
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
    subtitle:
      `Mean largest probability of positions that are still masked, over ${
        own[0]!.problems
      } problems; left: each model's own states, right: all in the base's`,
    description:
      `Positions of the answer above 0.9 when their block is entered, in the base's states: ${
        words.join(", ")
      }.`,
    panels: places.map(({ title }) => ({
      ...{ title, x: "Position in the answer's canvas", y: "Confidence" },
      yMore: { range: [0, 1.02] },
    })),
    columns: 2,
    marked: false,
    rowHeight: 210,
    gaps: { y: 0.1 },
  })];
}

function entryAndCalibration(all: readonly Probed[], root: string): Figure[] {
  const own = all.filter(({ model }) => model.includes(root));
  const entry = "when a block of the answer is entered";
  const behind = "when a block behind it is entered";
  const right = "right against sure, in the base's states";
  const rows = own.flatMap(({ name, own, shown }): LineRow[] => {
    const histogram = (panel: string, counts: readonly number[]) => {
      const total = counts.reduce((a, b) => a + b, 0);
      return counts.map((count, i): LineRow => ({
        ...{ panel, series: name, x: (i + 0.5) / PROBE_BINS },
        y: total === 0 ? null : 100 * count / total,
      }));
    };
    return [
      ...histogram(entry, own.entry),
      ...histogram(behind, own.entryBehind),
      ...shown.calibration.filter(({ count }) => count > 0).map(
        ({ count, confidence, right: hits }): LineRow => ({
          ...{ panel: right, series: name, x: confidence / count },
          ...{ y: hits / count, text: `${count} predictions` },
        }),
      ),
    ];
  });
  if (rows.length === 0) return [];
  const words = own.map(({ name, shown }) =>
    `${name} ${(expectedCalibrationError(shown.calibration) ?? NaN).toFixed(3)}`
  );
  const share = { x: "Largest probability", y: "Positions (%)" };
  return [linePanelsFigure(rows, {
    id: `dparallel-calibration-${root}`,
    title: `How sure, and how right, ${root}-mini`,
    subtitle: `${own[0]!.problems} problems; bins of ${
      1 / PROBE_BINS
    }; right: the base's own answer has the token`,
    description: `Expected calibration error in the base's states: ${
      words.join(", ")
    }.`,
    panels: [
      { title: entry, ...share, xMore: { range: [0, 1] } },
      { title: behind, ...share, xMore: { range: [0, 1] } },
      {
        ...{ title: right, x: "Largest probability", y: "Share right" },
        ...{ xMore: { range: [0, 1] }, yMore: { range: [0, 1.02] } },
        diagonal: true,
      },
    ],
    columns: 3,
  })];
}

/** The figures that the finished cells allow. */
export function probeFigures(cells: readonly StudentCell[]): Figure[] {
  const all = probed(cells);
  return ["llada", "dream"].flatMap((root) => [
    ...positions(all, root),
    ...entryAndCalibration(all, root),
  ]);
}
