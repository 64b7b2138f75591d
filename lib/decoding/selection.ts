/**
 * Rules that pick candidates to write. All work on plain scores; equal scores rank by position, lowest first.
 *
 * @module
 */
import { DecodeError } from "./errors.ts";
import type { FillKind } from "./types.ts";

/** A candidate picked by a rule. */
export interface PickedCandidate {
  /** Index into the scores. */
  readonly index: number;
  /** The score that the rule looked at. */
  readonly score: number;
  /** Why it was picked. */
  readonly kind: FillKind;
}

/**
 * Indices by descending score; equal scores keep their order.
 *
 * @throws {DecodeError} If a score is NaN: the model's output is unusable.
 */
export function rank(scores: ArrayLike<number>): number[] {
  checkScores(scores);
  const order = Array.from({ length: scores.length }, (_, index) => index);
  return order.sort((a, b) => scores[b]! - scores[a]! || a - b);
}

/** The `count` best candidates, best first; all of them if there are fewer. */
export function pickQuota(
  scores: ArrayLike<number>,
  count: number,
): PickedCandidate[] {
  return rank(scores).slice(0, count).map((index) => ({
    index,
    score: scores[index]!,
    kind: "quota",
  }));
}

/**
 * Every candidate that scores at least the threshold, or the best one if none does, in order of position (Fast-dLLM,
 * arXiv 2505.22618, Algorithm 1; a candidate equal to the threshold passes).
 *
 * The threshold is rounded to the precision of the scores: `round` defaults to float32.
 */
export function pickThreshold(
  scores: ArrayLike<number>,
  threshold: number,
  { round = Math.fround }: { readonly round?: (value: number) => number } = {},
): PickedCandidate[] {
  const bar = round(threshold);
  return passing(scores, (score) => score >= bar);
}

/** Parameters of {@linkcode pickFactor}. */
export interface FactorOptions {
  /** The factor f. */
  readonly factor: number;
  /**
   * `reference`: as the Fast-dLLM code runs: a candidate equal to its bar passes, and if the first one to fail is the very last
   * one, it is written all the same.
   * `intended`: as the theorem says: candidates are written while (n + 1) (1 - c_n) < f.
   */
  readonly variant: "reference" | "intended";
}

/**
 * Fast-dLLM's factor rule: candidates in descending order c_1, c_2, ... are taken up to, not including, the first n >= 2 with
 * c_n < 1 - f / (n + 1); c_1 always is taken (arXiv 2505.22618, Theorem 1).
 */
export function pickFactor(
  scores: ArrayLike<number>,
  { factor, variant }: FactorOptions,
): PickedCandidate[] {
  const order = rank(scores);
  const reference = variant === "reference";
  const failed = order.findIndex((index, place) => {
    const bar = 1 - factor / (place + 2);
    const score = scores[index]!;
    return place > 0 && (reference ? score < bar : score <= bar);
  });
  const slip = reference && failed === order.length - 1;
  const count = failed < 0 || slip ? order.length : failed;
  return order.slice(0, count).map((index, place) => ({
    index,
    score: scores[index]!,
    kind: place > 0 || scores[index]! >= 1 - factor / 2
      ? "threshold"
      : "forced",
  }));
}

/** Parameters of {@linkcode pickEntropy}. */
export interface EntropyOptions {
  /** Whether an entropy equal to the threshold fails (dParallel on Dream) or passes (dParallel on LLaDA). */
  readonly strict: boolean;
  /** Rounding of the threshold to the precision of the entropies; float32 unless told otherwise. */
  readonly round?: (value: number) => number;
}

/**
 * Every candidate whose entropy is at or, if `strict`, below the threshold, or the one of lowest entropy if there is none, in
 * order of position (dParallel, arXiv 2509.26488, section 4.3).
 *
 * @param entropies Entropies in nats.
 */
export function pickEntropy(
  entropies: ArrayLike<number>,
  threshold: number,
  { strict, round = Math.fround }: EntropyOptions,
): PickedCandidate[] {
  const bar = round(threshold);
  const certainty = Float64Array.from(entropies, (entropy) => -entropy);
  const passes = strict
    ? (score: number) => -score < bar
    : (score: number) => -score <= bar;
  return passing(certainty, passes).map((pick) => ({
    ...pick,
    score: entropies[pick.index]!,
  }));
}

/**
 * `count` candidates drawn one after the other without replacement, with probabilities proportional to
 * exp(score / temperature) (Dream's `alg_temp`), as the top of score / temperature plus Gumbel noise.
 *
 * @param uniforms One in [0, 1) per score.
 */
export function pickSampled(
  scores: ArrayLike<number>,
  count: number,
  { temperature, uniforms }: {
    readonly temperature: number;
    readonly uniforms: ArrayLike<number>;
  },
): PickedCandidate[] {
  const keys = Float64Array.from(
    scores,
    (score, i) => score / temperature - Math.log(-Math.log(uniforms[i]!)),
  );
  return pickQuota(keys, count).map((pick) => ({
    ...pick,
    score: scores[pick.index]!,
  }));
}

/** Indices of all that pass, or the best alone. */
function passing(
  scores: ArrayLike<number>,
  passes: (score: number) => boolean,
): PickedCandidate[] {
  checkScores(scores);
  const picks: PickedCandidate[] = [];
  let best = 0;
  for (let index = 0; index < scores.length; index++) {
    const score = scores[index]!;
    if (score > scores[best]!) best = index;
    if (passes(score)) picks.push({ index, score, kind: "threshold" });
  }
  if (picks.length > 0 || scores.length === 0) return picks;
  return [{ index: best, score: scores[best]!, kind: "forced" }];
}

function checkScores(scores: ArrayLike<number>): void {
  for (let index = 0; index < scores.length; index++) {
    if (!Number.isNaN(scores[index])) continue;
    throw new DecodeError(
      `the score of candidate ${index} is NaN; check the model's weights and logits for NaN and infinity`,
      { candidate: index },
    );
  }
}
