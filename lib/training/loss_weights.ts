/**
 * Weights of masked tokens in a loss: how much each counts, and what the sum is divided by. Every normalisation of the field is
 * one choice of the two.
 *
 * @module
 */
import type { NoisedSequence } from "./noise.ts";

/** A weighting of masked tokens. */
export interface LossWeights {
  /**
   * Importance c_i of a masked token:
   * - `none`: 1;
   * - `inverse`: 1/p_i, p_i its probability of being masked (LLaDA, D2F; Dream's "original", where p is the time t);
   * - `linear`: 1 - p_i (Dream);
   * - `cart`: half the sum over all seen positions of d (1 - d)^(distance - 1), d the decay (Dream's context-adaptive weight).
   */
  readonly importance: "none" | "inverse" | "linear" | "cart";
  /** Largest importance, above 0. Default none. */
  readonly cap?: number;
  /** Decay of `cart`, in (0, 1]. Default 0.1, as Dream's script. */
  readonly cartDecay?: number;
  /**
   * What the loss is, with w_i the token weight (1, or the fill weight), CE_i its loss, n the number of sequences given:
   * - `sample`: (1/n) sum over sequences of [sum of w c CE / sum of w c], both over the sequence's masked tokens;
   * - `answer`: (1/n) sum over sequences of [sum of w c CE over masked tokens / sum of w over all tokens that could be masked];
   * - `batch`: sum of w c CE / sum of w, both over the masked tokens of all sequences.
   */
  readonly reduction: "sample" | "answer" | "batch";
}

/** LLaDA's SFT loss (GUIDELINES.md; arXiv 2502.09992 §2.3): sum of CE/p over the answer's length, mean over samples. */
export const LLADA_LOSS: LossWeights = {
  importance: "inverse",
  reduction: "answer",
};

/** The low-variance form (arXiv 2502.09992 App. A.2): mean over a sample's masked tokens, mean over samples. */
export const LOW_VARIANCE_LOSS: LossWeights = {
  importance: "none",
  reduction: "sample",
};

/** Dream's SFT loss with the weights of its script: CART, mean over all masked tokens of the batch. */
export const DREAM_LOSS: LossWeights = {
  importance: "cart",
  reduction: "batch",
};

/**
 * Weight of every position's cross-entropy, normalisation included: the loss is the plain weighted sum.
 *
 * @param sequences The whole batch that is averaged over.
 * @returns One `[length]` array per sequence, 0 where nothing is predicted. A sequence whose masked tokens all weigh 0 adds nothing.
 * @throws {RangeError} If the cap or the decay is out of range.
 */
export function lossWeights(
  sequences: readonly NoisedSequence[],
  options: LossWeights,
): Float64Array[] {
  checkOptions(options);
  const tokenSums = sequences.map((sequence) =>
    sumWhere(sequence.masked, (i) => tokenWeight(sequence, i))
  );
  const batchSum = tokenSums.reduce((a, b) => a + b, 0);
  return sequences.map((sequence) => {
    const importance = importances(sequence, options);
    const weights = Float64Array.from(
      sequence.masked,
      (masked, i) => masked ? tokenWeight(sequence, i) * importance(i) : 0,
    );
    const divisor = {
      sample: () => sequences.length * weights.reduce((a, b) => a + b, 0),
      answer: () => sequences.length * answerWeight(sequence),
      batch: () => batchSum,
    }[options.reduction]();
    return divisor > 0
      ? weights.map((weight) => weight / divisor)
      : weights.fill(0);
  });
}

/** Sum of the token weights over all positions that could be masked: the answer's length where all weigh 1. */
function answerWeight(sequence: NoisedSequence): number {
  return sumWhere(sequence.probability, (i) => tokenWeight(sequence, i));
}

function tokenWeight({ tokenWeights }: NoisedSequence, i: number): number {
  return tokenWeights === undefined ? 1 : tokenWeights[i]!;
}

function sumWhere(
  flags: ArrayLike<number>,
  value: (i: number) => number,
): number {
  let sum = 0;
  for (let i = 0; i < flags.length; i++) if (flags[i]! > 0) sum += value(i);
  return sum;
}

function importances(
  sequence: NoisedSequence,
  { importance, cap = Infinity, cartDecay = 0.1 }: LossWeights,
): (i: number) => number {
  const p = sequence.probability;
  switch (importance) {
    case "none":
      return () => Math.min(1, cap);
    case "inverse":
      return (i) => Math.min(1 / p[i]!, cap);
    case "linear":
      return (i) => Math.min(1 - p[i]!, cap);
    case "cart": {
      const cart = cartWeights(sequence, cartDecay);
      return (i) => Math.min(cart[i]!, cap);
    }
  }
}

/**
 * Dream's context-adaptive weights (arXiv 2508.15487 Eq. 5; fsdp_sft_trainer.py): w_n = (1/2) sum over seen i != n of
 * d (1 - d)^(|n - i| - 1). Seen are all positions that hold their own token, the prompt and the fill among them.
 *
 * @param decay d, in (0, 1].
 * @returns `[length]`.
 */
export function cartWeights(
  { ids, noisy }: Pick<NoisedSequence, "ids" | "noisy">,
  decay: number,
): Float64Array {
  const weights = new Float64Array(ids.length);
  for (const backward of [false, true]) {
    let sum = 0;
    for (let k = 0; k < ids.length; k++) {
      const i = backward ? ids.length - 1 - k : k;
      weights[i]! += sum / 2;
      sum = sum * (1 - decay) + (noisy[i] === ids[i] ? decay : 0);
    }
  }
  return weights;
}

function checkOptions({ cap, cartDecay }: LossWeights): void {
  if (cap !== undefined && !(cap > 0)) {
    throw new RangeError(
      `the cap on a token's weight is ${cap}; give a number above 0`,
    );
  }
  if (cartDecay !== undefined && !(cartDecay > 0 && cartDecay <= 1)) {
    throw new RangeError(
      `the decay of the context-adaptive weight is ${cartDecay}; give a number above 0, at most 1`,
    );
  }
}
