/**
 * Components and settings of certainty forcing as dots (Tables 3 and 4): passes and scores against the base.
 *
 * @module
 */
import { dotPlotFigure, type DotRow } from "../../figures/dot_plot.ts";
import type { Figure } from "../../figures/types.ts";
import { MATHS_TASK } from "../claims/scaling_claims.ts";
import { SCORE_SEED } from "../evaluation/scores.ts";
import { familyOf } from "./dparallel_grid.ts";
import { ENTROPY_METHOD } from "./dparallel_measure.ts";
import {
  passFactor,
  type StudentSummary,
  studentSummary,
} from "./dparallel_rows.ts";

const INTERVALS =
  `95% intervals over problems (scores Newcombe, passes bootstrap, seed ${SCORE_SEED})`;

const FAMILIES = ["llada", "dream"] as const;

const PASSES = { title: "Passes", x: "Times fewer passes than the base" };
const SCORES = { title: "Score", x: "Difference to the base (points)" };

/** Roles in the order of the lines, and what their adapters are called there. */
const COMPONENT_ROLES = [
  "full",
  "consistency",
  "certainty",
  "unblocked",
  "seed",
  "sweep",
] as const;

/** What an adapter's name ends in, in words. */
const COMPONENT_WORDS: Readonly<Record<string, string>> = {
  "": "dParallel",
  consistency: "consistency only",
  certainty: "certainty only",
  unblocked: "masks over the whole answer",
};

function componentName(model: string): string {
  const [, end = ""] = /-mini-?(.*)$/.exec(model) ?? [];
  return COMPONENT_WORDS[end] ??
    end.replaceAll("-", " ").replace("ratio", "share of masks");
}

/** Table 3 and 4 as dots: factor of passes and difference of scores to the base under the same sampler. */
export function componentFigures(
  summaries: readonly StudentSummary[],
): Figure[] {
  const shown = FAMILIES.flatMap((family) =>
    COMPONENT_ROLES.flatMap((wanted) =>
      summaries.filter(({ model, role, method, task }) =>
        role === wanted && familyOf(model) === family &&
        method === ENTROPY_METHOD && task === MATHS_TASK
      )
    )
  );
  const rows = shown.flatMap((summary): DotRow[] => {
    const family = familyOf(summary.model);
    const base = studentSummary(summaries, {
      ...{ model: `${family}-mini`, task: MATHS_TASK, method: ENTROPY_METHOD },
    });
    if (base === undefined) return [];
    const { factor, interval, scores, problems } = passFactor(summary, base);
    const line = `${family}-mini: ${componentName(summary.model)}`;
    const place = { line, series: `${family}-mini`, problems };
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
  const firstBase = rows[0]!.series;
  return [dotPlotFigure(rows, {
    id: "dparallel-components",
    title: "What each part of certainty forcing does",
    finding: `Times fewer passes than ${firstBase}: ${
      words.slice(0, 3).join(", ").replaceAll(`${firstBase}: `, "")
    }`,
    subtitle: `Entropy sampler, threshold ${
      ENTROPY_METHOD.slice(8)
    }, on the same problems; ${INTERVALS}`,
    description: `Times fewer passes than the base under the same sampler: ${
      words.join(", ")
    }.`,
    panels: [
      { ...PASSES, marks: [[1, ""]], fromZero: true },
      { ...SCORES, marks: [[0, ""]] },
    ],
  })];
}
