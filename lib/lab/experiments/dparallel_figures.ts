/**
 * Figures of the distillation study that stand beside the paper's: speed and accuracy (Fig. 4), committed confidence and accuracy
 * (Fig. 2a), passes by block.
 *
 * @module
 */
import { linePanelsFigure, type LineRow } from "../../figures/line_panels.ts";
import type { Figure } from "../../figures/types.ts";
import { bootstrapRatio } from "../../metrics/bootstrap.ts";
import { mean } from "../../metrics/quantile.ts";
import { MATHS_TASK } from "../claims/scaling_claims.ts";
import { SCORE_SEED } from "../evaluation/scores.ts";
import type { StudentCell } from "./dparallel.ts";
import { componentFigures } from "./dparallel_components.ts";
import { compoundFigures } from "./dparallel_compound.ts";
import { curvePoints, CURVES } from "./dparallel_curves.ts";
import { familyOf } from "./dparallel_grid.ts";
import { ENTROPY_METHOD } from "./dparallel_measure.ts";
import { matchedFigures } from "./dparallel_matched.ts";
import { type DparallelItems, loadDparallelItems } from "./dparallel_paper.ts";
import { probeFigures, SHOWN_ROLES } from "./dparallel_probes.ts";
import {
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
      ...new Set(
        rows.filter(({ panel }) => panel === there).map(({ series }) => series),
      ),
    ];
    const alike = curves.flatMap(({ name, points }) => {
      const point = points.find(({ method }) => method === ENTROPY_METHOD);
      return point === undefined ? [] : [
        `${name.split(",")[0]} ${point.settled.toFixed(1)} passes, ${
          (100 * point.score.accuracy).toFixed(0)
        }%`,
      ];
    });
    return [linePanelsFigure(rows, {
      id: `dparallel-fig4-${family}`,
      title: `Score against passes, ${family}-mini`,
      ...(alike.length === 0 ? {} : {
        finding: `${family}-mini by one entropy threshold: ${alike.join("; ")}`,
      }),
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
    description: `Right answers at the mean probability of written tokens: ${
      rows.map(({ panel, series, x, y }) =>
        `${panel} ${series} ${y!.toFixed(0)}% at ${x.toFixed(3)}`
      ).join(", ")
    }.`,
    panels: FAMILIES.map(([family]) => ({
      title: `${family}-mini`,
      x: "Mean probability of written tokens",
      y: "Right answers (%)",
    })),
    columns: 2,
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
  const inside = shown.map(({ model, rows }) =>
    `${model} ${
      mean(rows.map(({ blocks, inside }) =>
        blocks.slice(0, inside).reduce((a, b) =>
          a + b, 0)
      )).toFixed(1)
    } of ${mean(rows.map(({ forwards }) => forwards)).toFixed(1)}`
  );
  const first = familyOf(shown[0]!.model);
  const most = Math.max(...rows.map(({ x }) => x));
  return [linePanelsFigure(rows, {
    id: "dparallel-blocks",
    title: "Passes by block",
    finding: `Passes in blocks of the answer: ${
      inside.filter((_, i) => shown[i]!.model.includes(first)).join(", ")
    }`,
    subtitle:
      `${MATHS_TASK}, entropy sampler without early stop, blocks of 16; mean over the problems that have the block, 95% bootstrap intervals over them (seed ${SCORE_SEED})`,
    description: `Passes in blocks of the answer: ${inside.join(", ")}.`,
    panels: FAMILIES.flatMap(([family]) =>
      kinds.map((kind) => ({
        ...{ title: `${family}-mini: ${kind}`, x: "Block", y: "Passes" },
        xMore: { dtick: 1, range: [0.6, most + 0.4] },
        yMore: { rangemode: "tozero" },
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
    ...componentFigures(summaries),
    ...blocks(summaries),
    ...probeFigures(cells),
    ...compoundFigures(summaries),
    ...matchedFigures(summaries),
  ];
}
