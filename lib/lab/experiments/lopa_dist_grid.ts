/**
 * The cells of a mode. Everything that is compared lies in one cell, so that it is measured in one run, in turns.
 *
 * @module
 */
import type { Mode } from "../cell.ts";
import type { TrainedModel } from "../evaluation/trained_models.ts";
import type { ModelFamily } from "../../model/types.ts";
import { branchParallel, type Layout, oneDevice } from "./lopa_dist_layouts.ts";
import type { TimedModel } from "./lopa_dist_models.ts";
import {
  baseEntries,
  d2fEntry,
  lopaDecoder,
  settingEntries,
  type SweepEntry,
  type SweepPlace,
  type WindowView,
} from "./lopa_dist_settings.ts";
import type { DecoderData } from "./methods.ts";

/** One decoder on one model in several layouts, in turns. JSON. */
export type ScalingParameters = {
  readonly kind: "scaling";
  readonly model: TimedModel;
  /** Where the prompts come from; `null`: made-up ids. */
  readonly task: string | null;
  readonly lookaheads: number;
  readonly visibility: WindowView;
  readonly decoder: DecoderData;
  readonly layouts: readonly Layout[];
  readonly prompts: number;
  /** Times that every layout has its turn, after one that does not count. */
  readonly repeats: number;
};

/** Settings and baselines on the same problems, in turns. JSON. */
export type SweepParameters = {
  readonly kind: "sweep";
  /** The D2F model that the cell is about, or a stand-in. */
  readonly model: TimedModel;
  readonly task: string;
  readonly entries: readonly SweepEntry[];
  readonly problems: number;
};

/** A cell. */
export type LopaDistParameters = ScalingParameters | SweepParameters;

/** D2F models and what they were trained from; the modes but `full` time the first alone. */
export const TIMED_FAMILIES: readonly {
  readonly model: TrainedModel;
  readonly base: TrainedModel;
  readonly family: ModelFamily;
}[] = [
  { model: "d2f-dream-mini", base: "dream-mini", family: "dream" },
  { model: "d2f-llada-mini", base: "llada-mini", family: "llada" },
];

const PROBLEMS: Readonly<Record<Mode, number>> = {
  ...{ quick: 2, default: 8, full: 100 },
};
const REPEATS: Readonly<Record<Mode, number>> = {
  ...{ quick: 2, default: 3, full: 15 },
};
const PROMPTS: Readonly<Record<Mode, number>> = {
  ...{ quick: 1, default: 1, full: 8 },
};

/** Lookaheads of the paper's 4 and 8 branches. */
const LOOKAHEADS = [3, 7] as const;

/** tau of the scaling cells: LoPA's own for GSM8K. */
const SCALING_TAU = 0.9;

/** Positions that a model with random weights writes; it writes about one per round. */
const RANDOM_ANSWER = 32;

/** Prompts of the stand-in. */
export const TOY = "toy prompts";

/** What lies there, and on what machine it runs. */
export interface GridPlace {
  readonly mode: Mode;
  readonly cores: number;
  /** Trained models that are there. */
  readonly present: readonly TrainedModel[];
  /** Tasks with right answers, in order. */
  readonly tasks: readonly SweepPlace[];
}

/** Numbers of devices, 2 and on in powers of two as far as the cores go. */
export function deviceCounts(cores: number): number[] {
  const counts = [2];
  while (2 * counts.at(-1)! <= cores) counts.push(2 * counts.at(-1)!);
  return counts;
}

/** One device of one thread first: the others are held against it. */
export function scalingLayouts(
  cores: number,
  visibility: WindowView,
): Layout[] {
  const counts = deviceCounts(cores);
  const most = counts.at(-1)!;
  return [
    oneDevice(1),
    oneDevice(most),
    ...counts.map((count) => branchParallel(count, "two-phase")),
    ...(visibility === "block-causal"
      ? counts.map((count) => branchParallel(count, "single-phase"))
      : [
        {
          ...{ devices: most / 2, shards: 2, threads: 1 },
          protocol: "two-phase",
        } as const,
      ]),
  ];
}

function scalingCells({ mode, cores, present, tasks }: GridPlace) {
  const trained = present.includes("d2f-dream-mini");
  const [place] = tasks;
  return (["full", "block-causal"] as const).flatMap((visibility) =>
    LOOKAHEADS.filter((k) => mode !== "quick" || k === 7).map(
      (lookaheads): ScalingParameters => ({
        kind: "scaling",
        model: trained ? "d2f-dream-mini" : "random-192x6",
        task: trained ? place!.task : null,
        ...{ lookaheads, visibility },
        decoder: lopaDecoder({
          ...{ lookaheads, visibility, tau: SCALING_TAU },
          maxNewTokens: trained ? place!.maxNewTokens : RANDOM_ANSWER,
        }),
        layouts: scalingLayouts(cores, visibility).filter(({ shards }) =>
          mode !== "quick" || shards === 1
        ),
        prompts: trained ? PROMPTS[mode] : 1,
        repeats: REPEATS[mode],
      }),
    )
  );
}

function sweepCells({ mode, cores, present, tasks }: GridPlace) {
  const quick = mode === "quick";
  const families = TIMED_FAMILIES.filter(({ model }, i) =>
    i === 0 || mode === "full" && present.includes(model)
  );
  const cells = families.flatMap(({ model, base, family }) =>
    tasks.slice(0, quick ? 1 : undefined).flatMap((place) => {
      const facts = { family, cores, ...place };
      const entries = [
        ...baseEntries(base, facts),
        d2fEntry(model, facts),
        ...settingEntries(model, facts),
      ].filter((entry) => present.includes(entry.model as TrainedModel));
      const { task } = place;
      const kind = "sweep" as const, problems = PROBLEMS[mode];
      return entries.length === 0
        ? []
        : [{ kind, model, task, entries, problems }];
    })
  );
  const missing = !families.some(({ model }) => present.includes(model));
  return missing ? [...cells, standInSweep(mode, cores)] : cells;
}

/** D2F and the settings on a golden model: its tokens per forward mean something, its throughput little. */
function standInSweep(mode: Mode, cores: number): SweepParameters {
  const model = "dream-tiny";
  const facts = { family: "dream", cores, maxNewTokens: 64 } as const;
  return {
    ...{ kind: "sweep", model, task: TOY, problems: PROBLEMS[mode] },
    entries: [
      d2fEntry(model, { ...facts, task: TOY }),
      ...settingEntries(model, facts),
    ],
  };
}

/** All cells of a mode. */
export function lopaDistGrid(place: GridPlace): LopaDistParameters[] {
  return [...scalingCells(place), ...sweepCells(place)];
}

/** Rough seconds of a cell. */
export function cellSeconds(parameters: LopaDistParameters): number {
  if (parameters.kind === "scaling") {
    const { layouts, prompts, repeats, task, lookaheads } = parameters;
    const decode = (task === null ? 0.06 : 0.04) * (1 + lookaheads);
    return layouts.length * prompts * (1 + repeats) * decode;
  }
  const { entries, problems } = parameters;
  return problems * entries.reduce(
    (sum, { model, lookaheads }) =>
      sum +
      (model === "dream-tiny"
        ? 0.03
        : lookaheads === null
        ? 0.2
        : 0.03 * (1 + lookaheads)),
    0,
  );
}
