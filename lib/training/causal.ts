/**
 * The causal language model: predict each token from those before it.
 *
 * @module
 */
import type { Canvas, CanvasOptions, Example } from "./canvas.ts";
import type { NoisedSequence } from "./noise.ts";
import { noisedBatch } from "./noised_batch.ts";
import type { StepKey } from "./draws.ts";
import { type ObjectiveModel, stepCanvases } from "./objective.ts";
import type { TrainingBatch } from "./types.ts";

/** The step that a batch is for, and the model, which needs no mask. */
export interface CausalContext extends StepKey {
  /** The model to be trained. */
  readonly model: Pick<ObjectiveModel, "eosId">;
}

/** Options of {@linkcode causal}; plain JSON values. */
export interface CausalOptions {
  /** Where canvases end and what their fill weighs. Default: no fill. */
  readonly canvas?: CanvasOptions;
  /** Weight of a prompt token relative to a token of the answer, at least 0. The first is never predicted. Default 0. */
  readonly promptWeight?: number;
  /** Weighted mean over all tokens of the batch (default), or per sample and then over samples. */
  readonly reduction?: "batch" | "sample";
}

/**
 * A step's batch for next-token prediction: cross-entropy on the answer, its end included.
 *
 * @throws {ExampleError} For examples that cannot be laid out.
 * @throws {RangeError} For options out of range.
 */
export function causal(
  examples: readonly Example[],
  context: CausalContext,
  { canvas, promptWeight = 0, reduction = "batch" }: CausalOptions = {},
): TrainingBatch {
  if (!(promptWeight >= 0 && Number.isFinite(promptWeight))) {
    throw new RangeError(
      `the weight of prompt tokens is ${promptWeight}; give a number of at least 0`,
    );
  }
  const canvases = stepCanvases(examples, context, canvas);
  return noisedBatch(
    canvases.map((laid) => nextTokens(laid, promptWeight)),
    {
      shift: true,
      attention: { kind: "causal" },
      loss: { importance: "none", reduction },
    },
  );
}

/** Every token but the first is to be predicted; none is hidden, for the attention does that. */
function nextTokens(
  { ids, promptLength, tokenWeights }: Canvas,
  promptWeight: number,
): NoisedSequence {
  const from = promptWeight > 0 ? 1 : promptLength;
  return {
    ids,
    promptLength,
    noisy: ids,
    masked: new Uint8Array(ids.length).fill(1, from),
    probability: new Float64Array(ids.length).fill(1, from),
    tokenWeights: tokenWeights.slice().fill(promptWeight, 0, promptLength),
  };
}
