/**
 * Results on the trained models, looked up and summed up.
 *
 * @module
 */
import {
  compareRows,
  type PairedScores,
  type Score,
  score,
} from "../evaluation/scores.ts";
import type { TrainedModel } from "../evaluation/trained_models.ts";
import type { TrainedCell } from "./lopa_scaling.ts";
import {
  type TrainedMethod,
  trainedMethodName,
} from "./lopa_scaling_methods.ts";

/** One method of one model on one task. */
export interface TrainedSummary {
  readonly model: TrainedModel;
  readonly task: string;
  readonly method: TrainedMethod;
  /** As {@linkcode trainedMethodName} has it. */
  readonly name: string;
  readonly score: Score;
  /** Against the method that the paper compares it with: D2F for LoPA, one token per step for what has none; else `null`. */
  readonly against:
    | { readonly name: string; readonly paired: PairedScores }
    | null;
  /** Against one token per step on the same model; `null` for that itself, or where it has not run. */
  readonly oneToken: PairedScores | null;
}

/** Which cell is wanted. */
export interface CellPlace {
  readonly model: string;
  readonly task: string;
  /** As {@linkcode trainedMethodName} has it. */
  readonly name: string;
}

/** The cell of a method, if it is there. */
export function findTrained(
  cells: readonly TrainedCell[],
  wanted: CellPlace,
): TrainedCell | undefined {
  return cells.find(({ plan: { parameters } }) =>
    parameters.model === wanted.model && parameters.task === wanted.task &&
    trainedMethodName(parameters.method) === wanted.name
  );
}

/** The method of one token per step on a model. */
export function oneTokenName(model: TrainedModel): string | null {
  if (model === "ar-mini") return null;
  return model.startsWith("d2f-") ? "one-token" : "one-by-one";
}

/** What a method is compared with in the papers; `null` for baselines. */
function partnerName({ name }: TrainedMethod): string | null {
  switch (name) {
    case "lopa":
    case "lopa-probability":
      return "d2f";
    case "lopa-other-window":
      return "d2f-other-window";
    case "lopa-diffucoder":
      return "d2f-diffucoder";
    case "lopa-canvas":
      return "threshold";
    case "vanilla":
    case "few-step":
    case "threshold":
      return "one-by-one";
    case "d2f":
    case "d2f-other-window":
    case "d2f-diffucoder":
      return "one-token";
    default:
      return null;
  }
}

const summaries = new WeakMap<readonly TrainedCell[], TrainedSummary[]>();

/** Sums up every finished cell. */
export function summariseTrained(
  cells: readonly TrainedCell[],
): readonly TrainedSummary[] {
  const known = summaries.get(cells);
  if (known !== undefined) return known;
  const made = cells.map((cell): TrainedSummary => {
    const { model, task, method } = cell.plan.parameters;
    const { rows } = cell.result;
    const pairedWith = (name: string | null): PairedScores | null => {
      if (name === null) return null;
      const other = findTrained(cells, { model, task, name });
      return other === undefined || other === cell
        ? null
        : compareRows(rows, other.result.rows);
    };
    const partner = partnerName(method);
    const paired = pairedWith(partner);
    return {
      model,
      task,
      method,
      name: trainedMethodName(method),
      score: score(rows),
      against: paired === null ? null : { name: partner!, paired },
      oneToken: pairedWith(oneTokenName(model)),
    };
  });
  summaries.set(cells, made);
  return made;
}

/** The summary of a method, if it is there. */
export function findSummary(
  summaries: readonly TrainedSummary[],
  wanted: CellPlace,
): TrainedSummary | undefined {
  return summaries.find(({ model, task, name }) =>
    model === wanted.model && task === wanted.task && name === wanted.name
  );
}

/** A summary's numbers as figures take them: scores in percent, ends of 95% intervals. */
export function rated({ task, score }: TrainedSummary) {
  return {
    task,
    problems: score.problems,
    tpf: score.tpf,
    tpfLow: score.tpfInterval.low,
    tpfHigh: score.tpfInterval.high,
    score: 100 * score.accuracy,
    scoreLow: 100 * score.accuracyInterval.low,
    scoreHigh: 100 * score.accuracyInterval.high,
    tokensPerCall: score.tokensPerCall,
    positionsPerToken: score.positionsPerToken,
  };
}

/**
 * Mean tokens per forward in the first, middle and last third of the forwards of each answer, over all answers of at least
 * three forwards; only tokens of the answers count.
 */
export function thirdsOf(
  { result: { rows } }: TrainedCell,
): readonly [first: number, middle: number, last: number] {
  const sums = [0, 0, 0], counts = [0, 0, 0];
  for (const { answerSteps } of rows) {
    if (answerSteps.length < 3) continue;
    for (const [i, tokens] of answerSteps.entries()) {
      const third = Math.floor(3 * i / answerSteps.length);
      sums[third]! += tokens;
      counts[third]! += 1;
    }
  }
  const mean = (third: number) => sums[third]! / Math.max(1, counts[third]!);
  return [mean(0), mean(1), mean(2)];
}
