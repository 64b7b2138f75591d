/**
 * Figures that hold methods on the trained models against each other: score against tokens per forward, controls, free choices,
 * ablations.
 *
 * @module
 */
import { accuracyPlaneFigure } from "../../figures/accuracy_plane.ts";
import { dotPlotFigure, type DotRow } from "../../figures/dot_plot.ts";
import type { Figure } from "../../figures/types.ts";
import { signed, span } from "../../figures/words.ts";
import { D2F_MODELS, MATHS_TASK } from "../claims/scaling_claims.ts";
import { SCORE_SEED } from "../evaluation/scores.ts";
import type { TrainedCell } from "./lopa_scaling.ts";
import { aupCurves } from "./lopa_scaling_curves.ts";
import { ABLATION_LOOKAHEADS } from "./lopa_scaling_grid.ts";
import {
  rated,
  summariseTrained,
  type TrainedSummary,
} from "./lopa_scaling_rows.ts";
import { trainedControls } from "./lopa_scaling_tables.ts";

const INTERVALS =
  `Bars: 95% intervals over problems (score Wilson, TPF bootstrap, seed ${SCORE_SEED})`;

const SCORE_PANEL = { title: "Score", x: "Right answers (%)" } as const;
const TPF_PANEL = {
  title: "Rate",
  x: "Tokens per forward (TPF)",
  fromZero: true,
} as const;

/** A model's score and rate as dots on one line. */
function dots(
  summary: TrainedSummary,
  { line, series }: { readonly line: string; readonly series: string },
): DotRow[] {
  const { problems, ...row } = rated(summary);
  return [
    {
      ...{ panel: SCORE_PANEL.title, line, series, problems },
      ...{ value: row.score, low: row.scoreLow, high: row.scoreHigh },
    },
    {
      ...{ panel: TPF_PANEL.title, line, series, problems },
      ...{ value: row.tpf, low: row.tpfLow, high: row.tpfHigh },
    },
  ];
}

/** Names of curves as figures write them, where they are not those of the tables. */
const CURVES: Readonly<Record<string, string>> = {
  "lopa on the base": "LoPA on the base",
  d2f: "D2F",
  lopa: "LoPA",
};

function planes(summaries: readonly TrainedSummary[]): Figure[] {
  const all = aupCurves(summaries);
  return ["dream", "llada"].flatMap((family) => {
    const curves = all.filter(({ model, task }) =>
      model.includes(family) && !task.endsWith("-free")
    );
    if (curves.length === 0) return [];
    const points = curves.flatMap(({ task, curve, points }) =>
      points.map((summary) => ({
        ...rated(summary),
        ...{ task, curve: CURVES[curve] ?? curve, method: summary.name },
      }))
    );
    const areas = curves.map(({ task, curve, points, aup }) => ({
      ...{ task, curve: CURVES[curve] ?? curve, points: points.length, aup },
    }));
    const models = [...new Set(curves.map(({ model }) => model))].join(" and ");
    const id = `lopa-plane-${family}`;
    return [
      accuracyPlaneFigure({ id, models, points, areas, seed: SCORE_SEED }),
    ];
  });
}

/** How much worse a few-step decode must be for a task to be hard enough, in points. */
const FEW_STEP_LOSS = -5;

function controls(cells: readonly TrainedCell[]): Figure[] {
  const found = trainedControls(cells);
  if (found.length === 0) return [];
  const rows = found.map(({ task, model, method, against, found }): DotRow => ({
    panel: task,
    line: `${model} ${method}<br>against ${against}`,
    series: "difference",
    value: 100 * found.accuracy.difference,
    low: 100 * found.accuracy.low,
    high: 100 * found.accuracy.high,
    problems: found.problems,
  }));
  const tasks = [...new Set(rows.map(({ panel }) => panel))];
  const costs =
    ([["few-step", "Four tokens per step"], ["d2f", "D2F"]] as const)
      .flatMap(([method, name]) => {
        const differences = found.filter((control) =>
          control.method === method && !control.task.endsWith("-free")
        ).map((control) => 100 * control.found.accuracy.difference);
        return differences.length === 0
          ? []
          : [`${name}: ${span(differences, signed)} points`];
      });
  const words = rows.filter(({ panel }) => !panel.endsWith("-free")).map(
    ({ panel, line, value }) =>
      `${panel}, ${line.replace("<br>", " ")}: ${value.toFixed(1)} points`,
  );
  return [dotPlotFigure(rows, {
    id: "lopa-controls",
    title: "Controls: what parallel decoding and D2F cost",
    ...(costs.length === 0 ? {} : { finding: costs.join("; ") }),
    subtitle:
      "Paired differences of scores on the same problems, 95% intervals (Newcombe); few-step: four tokens per forward; dashed: 0 and −5",
    description: `${
      words.join("; ")
    }. A task is hard enough when few-step loses at least ${-FEW_STEP_LOSS} points.`,
    panels: tasks.map((title) => ({
      title,
      x: "Difference of scores (points)",
      marks: [[0, ""], [FEW_STEP_LOSS, ""]],
    })),
  })];
}

/** What the branches add to the score on the control, model by model. */
function freeFinding(
  places: readonly TrainedSummary[],
): string | null {
  const gains = D2F_MODELS.flatMap((model) => {
    const [one, lopa] = ["one-token", `lopa-${ABLATION_LOOKAHEADS}`].map(
      (name) => places.find((one) => one.model === model && one.name === name),
    );
    if (one === undefined || lopa === undefined) return [];
    return [`${model} ${signed(rated(lopa).score - rated(one).score)}`];
  });
  return gains.length === 0
    ? null
    : `Free choices, LoPA (${ABLATION_LOOKAHEADS} lookaheads) less one token per step: ${
      gains.join(", ")
    } points`;
}

function freeChoices(summaries: readonly TrainedSummary[]): Figure[] {
  const free = `${MATHS_TASK}-free`;
  const places = summaries.filter(({ task }) => task === free);
  const rows = places.flatMap(({ model, name }) =>
    [MATHS_TASK, free].flatMap((task) =>
      summaries.filter((summary) =>
        summary.model === model && summary.name === name &&
        summary.task === task
      ).flatMap((summary) =>
        dots(summary, { line: `${model} ${name}`, series: task })
      )
    )
  );
  if (rows.length === 0) return [];
  const words = places.map((summary) => {
    const { score, tpf } = rated(summary);
    return `${summary.model} ${summary.name} ${score.toFixed(1)}% at ${
      tpf.toFixed(2)
    } TPF`;
  });
  const finding = freeFinding(places);
  return [dotPlotFigure(rows, {
    id: "lopa-free-choices",
    title: "Free choices: where parallel decoding must not look free",
    ...(finding === null ? {} : { finding }),
    subtitle: INTERVALS,
    description:
      `On ${free}, where numbers are chosen freely but have to fit each other: ${
        words.join(", ")
      }.`,
    panels: [SCORE_PANEL, TPF_PANEL],
  })];
}

/** Methods of the ablations, each beside the one it is a variant of. */
const ABLATIONS = [
  "d2f",
  "d2f-other-window",
  `lopa-${ABLATION_LOOKAHEADS}`,
  `lopa-other-window-${ABLATION_LOOKAHEADS}`,
  `lopa-probability-${ABLATION_LOOKAHEADS}`,
];

const STRATEGIES: Readonly<Record<string, string>> = {
  negEntropy: "neg. entropy",
  probability: "probability",
};

function ablations(cells: readonly TrainedCell[]): Figure[] {
  const summaries = summariseTrained(cells);
  const rows = cells.flatMap(({ plan: { parameters } }, i) => {
    const { model, task, decoder: { options } } = parameters;
    const summary = summaries[i]!;
    if (!ABLATIONS.includes(summary.name) || task.endsWith("-free")) return [];
    const { lookaheads } = summary.method;
    const name = lookaheads === null ? "D2F" : `LoPA, ${lookaheads} lookaheads`;
    const line = `${model}: ${name}<br>${options.visibility} window, ${
      STRATEGIES[String(options.strategy)] ?? options.strategy
    }`;
    const order = ABLATIONS.indexOf(summary.name);
    return [{ model, order, dots: dots(summary, { line, series: task }) }];
  });
  if (!rows.some(({ order }) => order === 1 || order > 2)) return [];
  const sorted = rows.toSorted((a, b) =>
    a.model < b.model ? -1 : a.model > b.model ? 1 : a.order - b.order
  ).flatMap(({ dots }) => dots);
  const costs = ([
    [`lopa-other-window-${ABLATION_LOOKAHEADS}`, "the other window"],
    [`lopa-probability-${ABLATION_LOOKAHEADS}`, "probability as confidence"],
  ] as const).flatMap(([variant, name]) => {
    const differences = summaries.filter((one) => one.name === variant)
      .flatMap(({ model, task, score }) => {
        const own = summaries.find((one) =>
          one.model === model && one.task === task &&
          one.name === `lopa-${ABLATION_LOOKAHEADS}`
        );
        return own === undefined
          ? []
          : [100 * (score.accuracy - own.score.accuracy)];
      });
    return differences.length === 0
      ? []
      : [`${name} ${span(differences, signed)} points`];
  });
  const words = sorted.filter(({ panel }) => panel === TPF_PANEL.title).map(
    ({ line, series, value }) =>
      `${line.replace("<br>", ", ")} on ${series} ${value.toFixed(2)}`,
  );
  return [dotPlotFigure(sorted, {
    id: "lopa-ablations",
    title: "Ablations: window and confidence",
    ...(costs.length === 0
      ? {}
      : { finding: `LoPA's score with ${costs.join(", with ")}` }),
    subtitle: INTERVALS,
    description: `Tokens per forward: ${words.join("; ")}.`,
    panels: [TPF_PANEL, SCORE_PANEL],
  })];
}

/** The figures that the finished cells allow. */
export function comparisonFigures(cells: readonly TrainedCell[]): Figure[] {
  const summaries = summariseTrained(cells);
  return [
    ...planes(summaries),
    ...controls(cells),
    ...freeChoices(summaries),
    ...ablations(cells),
  ];
}
