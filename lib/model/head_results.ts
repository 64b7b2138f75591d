/**
 * The output bytes of a forward, read back into predictions.
 *
 * @module
 */
import { RESULT_BYTES } from "../engine/mod.ts";
import type { BranchPredictions, ForwardRequest } from "./types.ts";

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

/**
 * Predictions of one branch.
 *
 * @param bytes Output bytes, at an offset that is a multiple of 4.
 * @param answers The request that answers each prediction.
 */
export function readPredictions(
  bytes: Uint8Array,
  answers: Int32Array,
  { layout, request, branch }: {
    readonly layout: OutputLayout;
    readonly request: ForwardRequest;
    readonly branch: number;
  },
): BranchPredictions {
  const ints = new Int32Array(
    bytes.buffer,
    bytes.byteOffset,
    bytes.byteLength >> 2,
  );
  const floats = new Float32Array(
    bytes.buffer,
    bytes.byteOffset,
    bytes.byteLength >> 2,
  );
  const field = (word: number) =>
    Float32Array.from(
      answers,
      (answer) => floats[answer * (RESULT_BYTES / 4) + word]!,
    );
  const at = outputOffsets(layout);
  const { top, vocab } = layout;
  const pairs = (answer: number, i: number) =>
    at.top / 4 + 2 * (answer * top + i);
  const topEntries = Array.from(answers).flatMap((answer) =>
    Array.from({ length: top }, (_, i) => pairs(answer, i))
  );
  const logits = new Float32Array(answers.length * vocab);
  answers.forEach((answer, i) => {
    const from = at.logits / 4 + answer * vocab;
    if (vocab > 0) logits.set(floats.subarray(from, from + vocab), i * vocab);
  });
  return {
    positions: request.branches[branch]!.predict.slice(),
    tokens: answers.map((answer) => ints[answer * (RESULT_BYTES / 4)]!),
    probability: field(1),
    margin: field(2),
    negEntropy: field(3),
    ...(request.top === undefined ? {} : {
      topTokens: Int32Array.from(topEntries, (word) => ints[word]!),
      topProbability: Float32Array.from(
        topEntries,
        (word) => floats[word + 1]!,
      ),
    }),
    ...(request.logits ? { logits } : {}),
  };
}
