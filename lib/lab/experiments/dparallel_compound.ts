/**
 * Certainty forcing, D2F and lookahead together: does one gain survive the other? Four models, each by threshold and with LoPA.
 *
 * @module
 */
import { linePanelsFigure, type LineRow } from "../../figures/line_panels.ts";
import type { Figure, FigureRow } from "../../figures/types.ts";
import { MATHS_TASK } from "../claims/scaling_claims.ts";
import { SCORE_SEED } from "../evaluation/scores.ts";
import { CONFIDENCE_METHOD } from "./dparallel_measure.ts";
import { endColumns, studentColumns } from "./dparallel_columns.ts";
import { familyOf } from "./dparallel_grid.ts";
import { passFactor, type StudentSummary } from "./dparallel_rows.ts";

/** What the models are called in the study, by the start of their names. */
const KINDS = [
  ["base", (name: string) => /^(llada|dream)-mini$/.test(name)],
  ["D2F", (name: string) => /^d2f-\w+-mini$/.test(name)],
  ["dParallel", (name: string) => /^dparallel-(llada|dream)-mini$/.test(name)],
  [
    "D2F + certainty forcing",
    (name: string) => /^dparallel-d2f-\w+-mini$/.test(name),
  ],
] as const;

/** One point: a model by threshold (no lookaheads) or with LoPA. */
interface CompoundPoint {
  readonly kind: string;
  readonly lookaheads: number | null;
  readonly summary: StudentSummary;
}

/** Where a point's kind stands in the legend. */
function orderOf({ kind }: CompoundPoint): number {
  return KINDS.findIndex(([name]) => name === kind);
}

function pointsOf(summaries: readonly StudentSummary[]): CompoundPoint[] {
  return summaries.flatMap((summary) => {
    const kind = KINDS.find(([, holds]) => holds(summary.model))?.[0];
    if (kind === undefined || summary.task !== MATHS_TASK) return [];
    const lopa = /^(?:window-)?lopa-(\d+)$/.exec(summary.method);
    const threshold = summary.method === CONFIDENCE_METHOD ||
      summary.method === "d2f";
    if (lopa === null && !threshold) return [];
    const lookaheads = lopa === null ? null : Number(lopa[1]);
    return [{ kind, lookaheads, summary }];
  });
}

/** Rows of the study: tokens per forward until answers are known, its factors over the same model by threshold and over the base. */
export function compoundRows(
  summaries: readonly StudentSummary[],
): FigureRow[] {
  const points = pointsOf(summaries);
  const threshold = (kind: string, family: string) =>
    points.find((point) =>
      point.kind === kind && point.lookaheads === null &&
      familyOf(point.summary.model) === family
    )?.summary;
  return points.map(({ kind, lookaheads, summary }) => {
    const family = familyOf(summary.model);
    return {
      ...{ family, kind, lookaheads },
      ...studentColumns(summary),
      ...overColumns("over_threshold", summary, threshold(kind, family)),
      ...overColumns("over_base", summary, threshold("base", family)),
    };
  });
}

/** A factor of tokens per forward with its interval, on the problems that both decoded. */
function overColumns(
  name: string,
  summary: StudentSummary,
  other: StudentSummary | undefined,
): FigureRow {
  if (other === undefined) return { [name]: null, ...endColumns(name, null) };
  const { rate, rateInterval } = passFactor(summary, other);
  return { [name]: rate, ...endColumns(name, rateInterval) };
}

/** A log axis with few ticks, all written in full. */
const LOG = {
  type: "log",
  tickvals: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000],
} as const;

/** TPF, price and score against lookaheads. */
export function compoundFigures(
  summaries: readonly StudentSummary[],
): Figure[] {
  const points = pointsOf(summaries).filter(({ lookaheads }) =>
    lookaheads !== null
  ).toSorted((a, b) =>
    orderOf(a) - orderOf(b) || a.lookaheads! - b.lookaheads!
  );
  if (points.length === 0) return [];
  const families = ["llada", "dream"].filter((family) =>
    points.some(({ summary }) => summary.model.includes(family))
  );
  const x = "Lookaheads k";
  const panels = families.flatMap((family) => {
    const of = (title: string, y: string, yMore = {}) => ({
      ...{ title: `${family}-mini: ${title}`, x, y, yMore },
    });
    return [
      of("rate", "Tokens per forward", { rangemode: "tozero" }),
      of("score", "Right answers (%)"),
      of("price", "Positions per token", LOG),
    ];
  });
  const rows = points.flatMap(({ kind, lookaheads, summary }): LineRow[] => {
    const family = familyOf(summary.model);
    const { score } = summary;
    const at = (panel: string) => ({
      ...{ panel: `${family}-mini: ${panel}`, series: kind },
      ...{ x: lookaheads!, text: `n = ${score.problems}` },
    });
    return [
      {
        ...at("rate"),
        y: score.tpf,
        low: score.tpfInterval.low,
        high: score.tpfInterval.high,
      },
      {
        ...at("score"),
        y: 100 * score.accuracy,
        low: 100 * score.accuracyInterval.low,
        high: 100 * score.accuracyInterval.high,
      },
      {
        ...at("price"),
        y: score.positionsPerToken,
        low: summary.intervals.positionsPerToken.low,
        high: summary.intervals.positionsPerToken.high,
      },
    ];
  });
  const words = compoundRows(summaries).filter(({ lookaheads }) =>
    lookaheads === null
  ).map(({ model, tpf_stopped }) =>
    `${model} ${Number(tpf_stopped).toFixed(2)}`
  );
  const [family] = families;
  const best = KINDS.flatMap(([kind]) => {
    const rates = points.filter((point) =>
      point.kind === kind && point.summary.model.includes(family!)
    ).map(({ summary }) => summary.score.tpf);
    return rates.length === 0
      ? []
      : [`${kind} ${Math.max(...rates).toFixed(1)}`];
  });
  return [linePanelsFigure(rows, {
    id: "dparallel-compounding",
    title: "Certainty forcing, D2F and lookahead together",
    finding: `Most tokens per forward with lookaheads, ${family}-mini: ${
      best.join(", ")
    }`,
    subtitle:
      `${MATHS_TASK}; LoPA on whole canvases for base and dParallel, on D2F's blocks for the others; 95% intervals over problems (seed ${SCORE_SEED})`,
    description:
      `Tokens per forward by threshold alone, until answers are known: ${
        words.join(", ")
      }.`,
    panels,
    columns: 3,
    gaps: { y: 0.22 },
  })];
}
