/**
 * The output bytes of a forward, read back into predictions.
 *
 * @module
 */
import { RESULT_BYTES } from "../engine/mod.ts";
import { float32Array, int32Array } from "./small_arrays.ts";
import type { BranchPredictions } from "./types.ts";

/** How the output bytes are laid out: results, then top pairs, then logits, each for `requests` rows of the head. */
export interface OutputLayout {
  readonly requests: number;
  /** Pairs of id and probability per request; 0 for none. */
  readonly top: number;
  /** Logits per request; 0 for none. */
  readonly vocab: number;
}

/** First byte of the top pairs, of the logits, and of what follows them. */
export function outputOffsets(
  { requests, top, vocab }: OutputLayout,
): { top: number; logits: number; end: number } {
  const topAt = RESULT_BYTES * requests;
  const logitsAt = topAt + 8 * top * requests;
  return { top: topAt, logits: logitsAt, end: logitsAt + 4 * vocab * requests };
}

/** Number of leading bytes that the first `count` requests reach. */
export function outputBytes(layout: OutputLayout, count: number): number {
  const at = outputOffsets(layout);
  if (layout.vocab > 0) return at.logits + 4 * layout.vocab * count;
  if (layout.top > 0) return at.top + 8 * layout.top * count;
  return RESULT_BYTES * count;
}

/** The output bytes as words. */
export interface OutputWords {
  readonly ints: Int32Array;
  /** The same memory. */
  readonly floats: Float32Array;
}

/**
 * Predictions of one branch.
 *
 * @param answers The request that answers each prediction.
 */
export function readPredictions(
  words: OutputWords,
  answers: Int32Array,
  { layout, positions }: {
    readonly layout: OutputLayout;
    readonly positions: Int32Array;
  },
): BranchPredictions {
  const { ints, floats } = words;
  const count = answers.length;
  const tokens = int32Array(count);
  const probability = float32Array(count);
  const margin = float32Array(count);
  const negEntropy = float32Array(count);
  for (let i = 0; i < count; i++) {
    const word = answers[i]! * (RESULT_BYTES / 4);
    tokens[i] = ints[word]!;
    probability[i] = floats[word + 1]!;
    margin[i] = floats[word + 2]!;
    negEntropy[i] = floats[word + 3]!;
  }
  const numbers = { positions, tokens, probability, margin, negEntropy };
  return layout.top + layout.vocab === 0
    ? numbers
    : { ...numbers, ...wideResults(words, answers, layout) };
}

/** Top pairs and logits, as far as the layout has them. */
function wideResults(
  words: OutputWords,
  answers: Int32Array,
  layout: OutputLayout,
): Partial<BranchPredictions> {
  const { top, vocab } = layout;
  const at = outputOffsets(layout);
  return {
    ...(top > 0 ? topPairs(words, answers, { at: at.top / 4, top }) : {}),
    ...(vocab > 0
      ? {
        logits: gatherRows(words.floats, answers, {
          at: at.logits / 4,
          width: vocab,
        }),
      }
      : {}),
  };
}

function topPairs(
  { ints, floats }: OutputWords,
  answers: Int32Array,
  { at, top }: { readonly at: number; readonly top: number },
): Pick<BranchPredictions, "topTokens" | "topProbability"> {
  const words = new Int32Array(answers.length * top);
  for (let i = 0; i < words.length; i++) {
    words[i] = at + 2 * (answers[Math.floor(i / top)]! * top + i % top);
  }
  return {
    topTokens: words.map((word) => ints[word]!),
    topProbability: Float32Array.from(words, (word) => floats[word + 1]!),
  };
}

function gatherRows(
  values: Float32Array,
  rows: Int32Array,
  { at, width }: { readonly at: number; readonly width: number },
): Float32Array {
  const out = new Float32Array(rows.length * width);
  rows.forEach((row, i) =>
    out.set(
      values.subarray(at + row * width, at + (row + 1) * width),
      i * width,
    )
  );
  return out;
}
