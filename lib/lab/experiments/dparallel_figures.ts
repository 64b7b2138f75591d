/**
 * Figures of the distillation study that stand beside the paper's: speed and accuracy (Fig. 4), committed confidence and accuracy
 * (Fig. 2a), components (Table 3), passes by block.
 *
 * @module
 */
import { dotPlotFigure, type DotRow } from "../../figures/dot_plot.ts";
import { linePanelsFigure, type LineRow } from "../../figures/line_panels.ts";
import type { Figure } from "../../figures/types.ts";
import { bootstrapRatio } from "../../metrics/bootstrap.ts";
import { mean } from "../../metrics/quantile.ts";
import { MATHS_TASK } from "../claims/scaling_claims.ts";
import { SCORE_SEED } from "../evaluation/scores.ts";
import type { StudentCell } from "./dparallel.ts";
import { compoundFigures } from "./dparallel_compound.ts";
import { curvePoints, CURVES } from "./dparallel_curves.ts";
import { familyOf } from "./dparallel_grid.ts";
import { ENTROPY_METHOD } from "./dparallel_measure.ts";
import { matchedFigures } from "./dparallel_matched.ts";
import { type DparallelItems, loadDparallelItems } from "./dparallel_paper.ts";
import { probeFigures, SHOWN_ROLES } from "./dparallel_probes.ts";
import {
  passFactor,
  type StudentSummary,
  studentSummary,
  summariseStudents,
} from "./dparallel_rows.ts";

const SEED =
  `95% intervals over problems (score Wilson, others bootstrap, seed ${SCORE_SEED})`;

const FAMILIES = [["llada", "LLaDA"], ["dream", "Dream"]] as const;

function scored(summary: StudentSummary) {
  const { score } = summary;
  return {
    y: 100 * score.accuracy,
    low: 100 * score.accuracyInterval.low,
    high: 100 * score.accuracyInterval.high,
    text: `${summary.method}, n = ${score.problems}`,
  };
}

/** Passes until answers are known, as a place with its interval. */
function settledAt({ settled, intervals }: StudentSummary) {
  const { low: xLow, high: xHigh } = intervals.settled;
  return { x: settled, xLow, xHigh };
}

function fig4(
  summaries: readonly StudentSummary[],
  { fig4 }: DparallelItems,
): Figure[] {
  return FAMILIES.flatMap(([family, paperModel]) => {
    const curves = CURVES.flatMap(([end, method, name]) => {
      const points = curvePoints(summaries, { family, end, method });
      return points.length === 0 ? [] : [{ name, points }];
    });
    if (curves.length === 0) return [];
    const here = `${family}-mini on ${MATHS_TASK}`;
    const there = `${paperModel} on GSM8K, the paper's`;
    const one = studentSummary(summaries, {
      ...{ model: `${family}-mini`, task: MATHS_TASK, method: "sequential" },
    });
    const level: LineRow[] = one === undefined ? [] : [{
      ...{ panel: here, series: "one token per pass", ...settledAt(one) },
      ...scored(one),
    }];
    const rows = [
      ...curves.flatMap(({ name, points }) =>
        points.map((point): LineRow => ({
          ...{ panel: here, series: name, ...settledAt(point) },
          ...scored(point),
        }))
      ),
      ...level,
      ...fig4.filter(({ model, benchmark, speedup }) =>
        model === paperModel && benchmark === "GSM8K" && speedup !== null
      ).map((row): LineRow => ({
        ...{ panel: there, series: `${row.method}, the paper's` },
        ...{ x: 256 / row.speedup!, y: row.accuracy },
      })),
    ];
    const published = [
      "one token per pass",
      ...new Set(
        rows.filter(({ panel }) => panel === there).map(({ series }) => series),
      ),
    ];
    return [linePanelsFigure(rows, {
      id: `dparallel-fig4-${family}`,
      title: `Score against passes, ${family}-mini`,
      subtitle:
        `Thresholds from strict (right) to loose (left); passes until the answer is known; ${SEED}`,
      description: curves.map(({ name, points }) =>
        `${name}: ${
          points.map(({ settled, score }) =>
            `${(100 * score.accuracy).toFixed(0)}% at ${settled.toFixed(1)}`
          ).join(", ")
        }`
      ).join("; ") + " passes.",
      panels: [
        { title: here, x: "Passes per answer", y: "Right answers (%)" },
        {
          title: there,
          ...{ x: "Passes per 256 positions", y: "Accuracy (%)" },
        },
      ].map((panel) => ({ ...panel, xMore: { rangemode: "tozero" } })),
      columns: 2,
      published,
      rowHeight: 380,
    })];
  });
}

/** Fig. 2a: thresholds give the confidence at which tokens are written; does accuracy follow? */
function committed(summaries: readonly StudentSummary[]): Figure[] {
  const rows = FAMILIES.flatMap(([family]) =>
    CURVES.filter(([, method]) => method === "confidence").flatMap((
      [end, method, name],
    ) =>
      curvePoints(summaries, { family, end, method }).map((point): LineRow => ({
        ...{ panel: `${family}-mini`, series: name, x: point.committed },
        xLow: point.intervals.committed.low,
        xHigh: point.intervals.committed.high,
        ...scored(point),
      }))
    )
  );
  if (rows.length === 0) return [];
  return [linePanelsFigure(rows, {
    id: "dparallel-committed",
    title: "Score against the confidence at which tokens are written",
    subtitle: `${MATHS_TASK}, confidence thresholds; ${SEED}`,
    description: `${rows.length} thresholds: from mean confidence ${
      Math.min(...rows.map(({ x }) => x)).toFixed(3)
    } to ${Math.max(...rows.map(({ x }) => x)).toFixed(3)}.`,
    panels: FAMILIES.map(([family]) => ({
      title: `${family}-mini`,
      x: "Mean probability of written tokens",
      y: "Right answers (%)",
    })),
    columns: 2,
  })];
}

const PASSES = { title: "Passes", x: "Times fewer passes than the base" };
const SCORES = { title: "Score", x: "Difference to the base (points)" };

/** Table 3 and 4 as dots: factor of passes and difference of scores to the base under the same sampler. */
function components(summaries: readonly StudentSummary[]): Figure[] {
  const roles = [
    "consistency",
    "certainty",
    "unblocked",
    "full",
    "seed",
    "sweep",
  ];
  const rows = summaries.filter(({ role, method, task }) =>
    roles.includes(role) && method === ENTROPY_METHOD && task === MATHS_TASK
  ).flatMap((summary): DotRow[] => {
    const family = familyOf(summary.model);
    const base = studentSummary(summaries, {
      ...{ model: `${family}-mini`, task: MATHS_TASK, method: ENTROPY_METHOD },
    });
    if (base === undefined) return [];
    const { factor, interval, scores, problems } = passFactor(summary, base);
    const place = { line: summary.model, series: MATHS_TASK, problems };
    const { difference, low, high } = scores.accuracy;
    return [
      { ...place, panel: PASSES.title, value: factor, ...interval },
      {
        ...{ ...place, panel: SCORES.title, value: 100 * difference },
        ...{ low: 100 * low, high: 100 * high },
      },
    ];
  });
  if (rows.length === 0) return [];
  const words = rows.filter(({ panel }) => panel === PASSES.title).map(
    ({ line, value }) => `${line} ${value.toFixed(2)}`,
  );
  return [dotPlotFigure(rows, {
    id: "dparallel-components",
    title: "What each part of certainty forcing does",
    subtitle: `Entropy sampler, threshold ${
      ENTROPY_METHOD.slice(8)
    }, on the same problems; ${SEED}`,
    description: `Times fewer passes than the base under the same sampler: ${
      words.join(", ")
    }.`,
    panels: [
      { ...PASSES, marks: [[1, ""]], fromZero: true },
      { ...SCORES, marks: [[0, ""]] },
    ],
  })];
}

/** Passes of each block of the canvas, those that hold some of the answer and those behind its end. */
function blocks(summaries: readonly StudentSummary[]): Figure[] {
  const names = new Map(SHOWN_ROLES);
  const shown = summaries.filter(({ role, method, task }) =>
    names.has(role) && task === MATHS_TASK && method === ENTROPY_METHOD
  );
  const kinds = ["blocks of the answer", "blocks behind its end"] as const;
  const rows = shown.flatMap(({ model, role, rows }) => {
    const family = familyOf(model);
    const count = Math.max(0, ...rows.map(({ blocks }) => blocks.length));
    return kinds.flatMap((kind, behind) =>
      Array.from({ length: count }, (_, block): LineRow[] => {
        const passes = rows.filter(({ inside, blocks }) =>
          block < blocks.length && (block >= inside) === (behind === 1)
        ).map(({ blocks }) => blocks[block]!);
        return passes.length === 0 ? [] : [{
          panel: `${family}-mini: ${kind}`,
          ...{ series: names.get(role)!, x: block + 1 },
          ...{ y: mean(passes), text: `${passes.length} problems` },
          ...bootstrapRatio(passes.map((count) => [count, 1]), {
            seed: SCORE_SEED,
          }),
        }];
      }).flat()
    );
  });
  if (rows.length === 0) return [];
  return [linePanelsFigure(rows, {
    id: "dparallel-blocks",
    title: "Passes by block",
    subtitle:
      `${MATHS_TASK}, entropy sampler without early stop, blocks of 16; mean over the problems that have the block, 95% bootstrap intervals over them (seed ${SCORE_SEED})`,
    description: `In blocks of the answer: ${
      shown.map(({ model, rows }) =>
        `${model} ${
          mean(rows.map(({ blocks, inside }) =>
            blocks.slice(0, inside).reduce((a, b) => a + b, 0)
          )).toFixed(1)
        } of ${
          mean(rows.map(({ forwards }) => forwards)).toFixed(1)
        } passes`
      ).join(", ")
    }.`,
    panels: FAMILIES.flatMap(([family]) =>
      kinds.map((kind) => ({
        ...{ title: `${family}-mini: ${kind}`, x: "Block", y: "Passes" },
        ...{ xMore: { dtick: 1 }, yMore: { rangemode: "tozero" } },
      }))
    ),
    columns: 2,
  })];
}

/** The figures that the finished cells allow; none without cells. */
export async function studentFigures(
  cells: readonly StudentCell[],
): Promise<readonly Figure[]> {
  const summaries = summariseStudents(cells);
  return [
    ...fig4(summaries, await loadDparallelItems()),
    ...committed(summaries),
    ...components(summaries),
    ...blocks(summaries),
    ...probeFigures(cells),
    ...compoundFigures(summaries),
    ...matchedFigures(summaries),
  ];
}
