/**
 * What the results on the trained models say about LoPA's claims.
 *
 * @module
 */
import {
  MATHS_TASK,
  SCALING_TRENDS,
  scalingClaimId,
  type ScalingClaimPlace,
} from "../claims/scaling_claims.ts";
import type { Measurement } from "../claims/types.ts";
import { score } from "../evaluation/scores.ts";
import type { TrainedCell } from "./lopa_scaling.ts";
import { DIFFUCODER_LOOKAHEADS } from "./lopa_scaling_grid.ts";
import {
  findSummary,
  findTrained,
  summariseTrained,
  thirdsOf,
  type TrainedSummary,
} from "./lopa_scaling_rows.ts";

type Found = Omit<Measurement, "claim" | "note"> & { readonly what: string };

/** What a reader of a claim may look at. */
interface Place extends ScalingClaimPlace {
  readonly cells: readonly TrainedCell[];
  readonly summaries: readonly TrainedSummary[];
}

/** LoPA with the lookaheads of LoPA's Table 5: 14 for GSM8K, 7 for HumanEval. */
export function publishedLopa(task: string): string {
  return `lopa-${task === MATHS_TASK ? 14 : 7}`;
}

function summary(place: Place, name: string): TrainedSummary | undefined {
  const { model, task } = place;
  return findSummary(place.summaries, { model, task, name });
}

/** TPF against lookaheads: all that ran, or those given. `null` unless 0 and 14 and all those given are there. */
function curve(place: Place, wanted?: readonly number[]): Found | null {
  const rows = place.summaries.filter(({ model, task, method }) =>
    model === place.model && task === place.task && method.name === "lopa" &&
    method.threshold === null && method.lookaheads !== null &&
    (wanted === undefined || wanted.includes(method.lookaheads))
  ).sort((a, b) => a.method.lookaheads! - b.method.lookaheads!);
  const ends = [rows.at(0), rows.at(-1)].map((row) => row?.method.lookaheads);
  if (ends.join() !== "0,14" || rows.length < (wanted?.length ?? 3)) {
    return null;
  }
  return {
    values: rows.map(({ score }) => score.tpf),
    lower: rows.map(({ score }) => score.tpfInterval.low),
    upper: rows.map(({ score }) => score.tpfInterval.high),
    labels: rows.map(({ method }) => `${method.lookaheads} lookaheads`),
    unit: "tokens/forward",
    what: `${
      rows[0]!.score.problems
    } problems; tokens before the end of the answers over forwards, 95% bootstrap intervals over problems`,
  };
}

/** The paired factor of a method's TPF over its partner's: is the lower end of its interval above 1? */
function faster(place: Place, name: string): Found | null {
  const paired = summary(place, name)?.against?.paired;
  if (paired === undefined) return null;
  const { low, high } = paired.tpfRatioInterval;
  return {
    values: [low, 1],
    labels: [`lower end of the factor of ${name}`, "no gain"],
    unit: "",
    what: `${paired.problems} problems; factor ${fixed(paired.tpfRatio)} (${
      fixed(low)
    } to ${fixed(high)})`,
  };
}

/** The paired difference of a method's score to its partner's. */
function keepsScore(place: Place, name: string): Found | null {
  const found = summary(place, name);
  const against = found?.against;
  if (found === undefined || against === null || against === undefined) {
    return null;
  }
  const { difference, low, high, p } = against.paired.accuracy;
  const nothingToLose = found.score.accuracy - difference <= 0;
  if (nothingToLose) return null;
  const points = (share: number) => (100 * share).toFixed(1);
  return {
    values: [100 * difference],
    lower: [100 * low],
    upper: [100 * high],
    labels: [`${name} against ${against.name}`],
    unit: "points",
    what: `${against.paired.problems} problems; ${name} ${
      points(found.score.accuracy)
    }%, difference to ${against.name} ${points(difference)} points (${
      points(low)
    } to ${points(high)}), McNemar's p ${p.toPrecision(2)}`,
  };
}

function factor(place: Place): Found | null {
  const lopa = summary(place, publishedLopa(place.task));
  const d2f = summary(place, "d2f");
  return lopa === undefined || d2f === undefined ? null : {
    values: [lopa.score.tpf, d2f.score.tpf],
    labels: [lopa.name, "d2f"],
    unit: "tokens/forward",
    what: `${lopa.score.problems} problems`,
  };
}

/** Tokens per step by thirds of an answer: is the wanted third above both others? */
function thirds(place: Place, wanted: 1 | 2): Found | null {
  const { model, task, cells } = place;
  const cell = findTrained(cells, { model, task, name: "lopa-7" });
  if (cell === undefined) return null;
  const found = thirdsOf(cell);
  const names = ["first third", "middle third", "last third"];
  const rest = [0, 1, 2].filter((third) => third !== wanted)
    .sort((a, b) => found[b]! - found[a]!)[0]!;
  return {
    values: [found[wanted], found[rest]!],
    labels: [names[wanted]!, names[rest]!],
    unit: "tokens/step",
    what: `${cell.result.rows.length} problems; ${
      found.map((mean, third) => `${names[third]} ${fixed(mean)}`).join(", ")
    }`,
  };
}

/** TPF of LoPA on the base, by threshold and at one token per step, on the problems that all three decoded. */
function helpsBase(place: Place): Found | null {
  const { model, task, cells } = place;
  const names = [baseLopa(place), "threshold", "one-by-one"];
  const found = names.map((name) => findTrained(cells, { model, task, name }));
  if (found.includes(undefined)) return null;
  const lists = found.map((cell) => cell!.result.rows);
  const problems = Math.min(...lists.map((rows) => rows.length));
  return {
    values: lists.map((rows) => score(rows.slice(0, problems)).tpf),
    labels: names,
    unit: "tokens/forward",
    what: `${problems} problems`,
  };
}

/** LoPA on the base with the most lookaheads that ran. */
function baseLopa(place: Place): string {
  return place.summaries.findLast(({ model, task, method }) =>
    model === place.model && task === place.task &&
    method.name === "lopa-canvas"
  )?.name ?? "";
}

const READ: Readonly<Record<string, (place: Place) => Found | null>> = {
  "tpf-rises": (place) => curve(place),
  "gain-saturates": (place) => curve(place, [0, 7, 14]),
  "lopa-faster": (place) => faster(place, publishedLopa(place.task)),
  "lopa-factor": factor,
  "lopa-keeps-score": (place) => keepsScore(place, publishedLopa(place.task)),
  "math-mid-sequence": (place) => thirds(place, 1),
  "code-late": (place) => thirds(place, 2),
  "diffucoder-faster": (place) =>
    faster(place, `lopa-diffucoder-${DIFFUCODER_LOOKAHEADS}`),
  "lopa-helps-base": helpsBase,
  "lopa-keeps-base-score": (place) => keepsScore(place, baseLopa(place)),
};

function fixed(value: number): string {
  return value.toFixed(2);
}

/** Measurements for all claims whose cells are there. */
export function measureTrained(
  cells: readonly TrainedCell[],
): readonly Measurement[] {
  const summaries = summariseTrained(cells);
  return SCALING_TRENDS.flatMap((trend) => {
    const found = READ[trend.name]!({ ...trend, cells, summaries });
    // A model that says nothing has no rate to compare.
    if (found === null || !found.values.every(Number.isFinite)) return [];
    const { what, ...numbers } = found;
    const note = `${trend.model} on ${trend.task}, bf16, test split: ${what}.`;
    return [{ claim: scalingClaimId(trend), ...numbers, note }];
  });
}
