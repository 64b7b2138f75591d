/**
 * From rows of problems to scores with intervals, alone and in pairs.
 *
 * @module
 */
import { agreement } from "../../metrics/agreement.ts";
import {
  bootstrapRatio,
  bootstrapStatistics,
} from "../../metrics/bootstrap.ts";
import type { Interval } from "../../metrics/interval.ts";
import {
  mcnemar,
  type PairedAccuracy,
  wilson,
} from "../../metrics/proportions.ts";
import type { ProblemRow } from "./problem_row.ts";

/** Seed of the bootstrap intervals. */
export const SCORE_SEED = 11;

/** How a method does on some problems. Intervals are of 95%. */
export interface Score {
  /** Problems decoded. */
  readonly problems: number;
  /** Of these, answered right. */
  readonly correct: number;
  /** Share answered right, with Wilson's interval. */
  readonly accuracy: number;
  readonly accuracyInterval: Interval;
  /** Tokens of the answers over forwards, both summed, with a bootstrap interval over problems. */
  readonly tpf: number;
  readonly tpfInterval: Interval;
  /** Generated positions over steps as the decoder's reference counts them, end-of-sequence tokens included. */
  readonly referenceTpf: number;
  /** Tokens of the answers per network call of an implementation that runs branches one by one. */
  readonly tokensPerCall: number;
  /** Positions computed per token of the answers. */
  readonly positionsPerToken: number;
  /** Mean forwards per answer. */
  readonly forwards: number;
}

function total<T>(items: readonly T[], value: (item: T) => number): number {
  return items.reduce((sum, item) => sum + value(item), 0);
}

/**
 * Sums up rows.
 *
 * @throws {RangeError} for no rows.
 */
export function score(rows: readonly ProblemRow[]): Score {
  const problems = rows.length;
  const correct = rows.filter((row) => row.correct).length;
  const accuracyInterval = wilson(correct, { trials: problems });
  const tokens = total(rows, (row) => row.tokens);
  const forwards = total(rows, (row) => row.forwards);
  return {
    problems,
    correct,
    accuracy: correct / problems,
    accuracyInterval,
    tpf: tokens / forwards,
    tpfInterval: bootstrapRatio(
      rows.map((row) => [row.tokens, row.forwards]),
      { seed: SCORE_SEED },
    ),
    referenceTpf: total(rows, (row) => row.canvas) /
      total(rows, (row) => row.referenceSteps),
    tokensPerCall: tokens / total(rows, (row) => row.calls),
    // A model that says nothing has no tokens to share its positions.
    positionsPerToken: total(rows, (row) => row.positions) /
      Math.max(1, tokens),
    forwards: forwards / problems,
  };
}

/** Two methods on the same problems. */
export interface PairedScores {
  /** Problems that both decoded. */
  readonly problems: number;
  /** Accuracy of the first minus that of the second, with Newcombe's interval and McNemar's exact p-value. */
  readonly accuracy: PairedAccuracy;
  /** Tokens per forward of the first over those of the second, with a bootstrap interval over the pairs. */
  readonly tpfRatio: number;
  readonly tpfRatioInterval: Interval;
  /** Mean share of positions at which the answers hold the same id, with a bootstrap interval over the pairs. */
  readonly agreement: number;
  readonly agreementInterval: Interval;
  /** Share of equal answers, with Wilson's interval. */
  readonly same: number;
  readonly sameInterval: Interval;
}

type Pair = readonly [ProblemRow, ProblemRow];

/** Rows of the same problems, in the order of the first list. */
export function pairRows(
  first: readonly ProblemRow[],
  second: readonly ProblemRow[],
): Pair[] {
  const others = new Map(second.map((row) => [row.id, row]));
  return first.flatMap((row) => {
    const other = others.get(row.id);
    return other === undefined ? [] : [[row, other] as const];
  });
}

/**
 * Compares two methods on the problems that both decoded.
 *
 * @throws {RangeError} if they have none in common.
 */
export function compareRows(
  first: readonly ProblemRow[],
  second: readonly ProblemRow[],
): PairedScores {
  const pairs = pairRows(first, second);
  const accuracy = mcnemar(pairs.map(([a, b]) => [a.correct, b.correct]));
  const shares = pairs.map(([a, b]) => agreement(a.ids, b.ids));
  const counts = pairs.map((
    [a, b],
    i,
  ) => [a.tokens, a.forwards, b.tokens, b.forwards, shares[i]!, 1]);
  const { ratio, agreement: agreementInterval } = bootstrapStatistics(counts, {
    seed: SCORE_SEED,
    statistics: {
      ratio: ratioOfTpfs,
      agreement: (sums) => sums[4]! / sums[5]!,
    },
  });
  const same = shares.filter((share) => share === 1).length;
  return {
    problems: pairs.length,
    accuracy,
    tpfRatio: ratioOfTpfs(
      counts.reduce((sums, row) => sums.map((sum, i) => sum + row[i]!)),
    ),
    tpfRatioInterval: ratio,
    agreement: total(shares, (share) => share) / pairs.length,
    agreementInterval,
    same: same / pairs.length,
    sameInterval: wilson(same, { trials: pairs.length }),
  };
}

function ratioOfTpfs(sums: ArrayLike<number>): number {
  const [tokens, forwards, otherTokens, otherForwards] = Array.from(sums);
  return (tokens! / forwards!) / (otherTokens! / otherForwards!);
}
