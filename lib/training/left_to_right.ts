/**
 * Masked diffusion from left to right: each token of an answer is predicted at its own, masked position from the tokens before
 * it. It is block diffusion (arXiv 2503.09573) with blocks of one. All positions of an answer are predicted in one pass, so that
 * a step teaches as much as one of a causal model, where random masks leave most of what they hide undetermined.
 *
 * @module
 */
import type { Canvas, CanvasOptions, Example } from "./canvas.ts";
import { type ObjectiveContext, stepCanvases } from "./objective.ts";
import type { TrainingBatch, TrainingSequence } from "./types.ts";

/** Options of {@linkcode leftToRight}; plain JSON values. */
export interface LeftToRightOptions {
  /** Where canvases end and what their fill weighs. Default: no fill. */
  readonly canvas?: CanvasOptions;
}

/**
 * A step's batch. Behind each canvas stands a masked row for every token of its answer, at that token's position; it sees the
 * prompt and the clean tokens before it, and nothing sees it. The prompt sees the prompt, a clean token itself and what precedes.
 * The loss is the weighted mean over the tokens of all answers.
 *
 * @throws {ExampleError} For examples that cannot be laid out.
 * @throws {RangeError} For options out of range, and for a model with the logits shift, which needs no masks: see `causal`.
 */
export function leftToRight(
  examples: readonly Example[],
  context: ObjectiveContext,
  { canvas }: LeftToRightOptions = {},
): TrainingBatch {
  const { shift, maskId } = context.model;
  if (shift) {
    throw new RangeError(
      "a model with the logits shift predicts from left to right without masks; use the causal objective",
    );
  }
  const canvases = stepCanvases(examples, context, canvas);
  const total = canvases.reduce(
    (sum, each) => sum + answerWeights(each).reduce((a, b) => a + b, 0),
    0,
  );
  return {
    sequences: canvases.map((each) => withMaskedRows(each, maskId)),
    rows: canvases.flatMap((each, sequence) => {
      const { ids, promptLength } = each;
      return Array.from(answerWeights(each), (weight, i) => ({
        sequence,
        row: ids.length + i,
        target: ids[promptLength + i]!,
        hard: weight / total,
      })).filter(({ hard }) => hard > 0);
    }),
  };
}

function answerWeights({ tokenWeights, promptLength }: Canvas): Float64Array {
  return tokenWeights.subarray(promptLength);
}

/** A canvas and the masked rows behind it. */
function withMaskedRows(
  { ids, promptLength }: Canvas,
  maskId: number,
): TrainingSequence {
  const { length } = ids;
  const rows = 2 * length - promptLength;
  const position = (row: number) =>
    row < length ? row : row - length + promptLength;
  return {
    tokens: Int32Array.from({ length: rows }, (_, row) => ids[row] ?? maskId),
    positions: Int32Array.from({ length: rows }, (_, row) => position(row)),
    limits: Int32Array.from({ length: rows }, (_, row) => {
      if (row < length) return Math.max(promptLength, row + 1);
      return position(row);
    }),
  };
}
