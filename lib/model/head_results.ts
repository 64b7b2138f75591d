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
  const at = outputOffsets(layout);
  const { top, vocab } = layout;
  const words = answers.map((answer) => answer * (RESULT_BYTES / 4));
  const pairs = new Int32Array(answers.length * top);
  for (let i = 0; i < pairs.length; i++) {
    pairs[i] = at.top / 4 + 2 * (answers[Math.floor(i / top)]! * top + i % top);
  }
  return {
    positions: request.branches[branch]!.predict.slice(),
    tokens: words.map((word) => ints[word]!),
    probability: gather(floats, words, 1),
    margin: gather(floats, words, 2),
    negEntropy: gather(floats, words, 3),
    ...(request.top === undefined ? {} : {
      topTokens: pairs.map((word) => ints[word]!),
      topProbability: gather(floats, pairs, 1),
    }),
    ...(request.logits
      ? {
        logits: gatherRows(floats, answers, {
          at: at.logits / 4,
          width: vocab,
        }),
      }
      : {}),
  };
}

/** `out[i] = values[words[i] + field]`. */
function gather(
  values: Float32Array,
  words: Int32Array,
  field: number,
): Float32Array {
  const out = new Float32Array(words.length);
  for (let i = 0; i < words.length; i++) out[i] = values[words[i]! + field]!;
  return out;
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
