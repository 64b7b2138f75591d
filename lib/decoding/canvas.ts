/**
 * The canvas of a full-attention decoder: the prompt followed by masks, filled in place by steps.
 *
 * @module
 */
import { int32Array } from "../model/small_arrays.ts";
import type {
  DiffusionSpec,
  ModelSpec,
  PositionRange,
} from "../model/types.ts";
import { DecodeError } from "./errors.ts";
import type { Fill } from "./types.ts";

/**
 * Checks a prompt for decoding.
 *
 * @param prompt Token ids, `[P]`, at least one.
 * @param spec The model that is to continue it.
 * @param want `maxNewTokens`: positions to generate after it.
 * @throws {DecodeError} If the prompt is empty, holds the mask id or an id outside the vocabulary, or if prompt and generation
 * together are longer than the model allows.
 */
export function checkPrompt(
  prompt: Int32Array,
  spec: ModelSpec,
  { maxNewTokens }: { readonly maxNewTokens: number },
): void {
  if (prompt.length === 0) {
    throw new DecodeError(
      "the prompt has no tokens; give at least one, e.g. the beginning-of-sequence token",
    );
  }
  if (prompt.length + maxNewTokens > spec.maxPositions) {
    throw new DecodeError(
      `the prompt has ${prompt.length} tokens and ${maxNewTokens} are to be generated, but the model takes ${spec.maxPositions} ` +
        "positions; shorten the prompt or lower the option maxNewTokens",
      { prompt: prompt.length, maxNewTokens, maxPositions: spec.maxPositions },
    );
  }
  const mask = spec.maskId === null ? -1 : prompt.indexOf(spec.maskId);
  if (mask >= 0) {
    throw new DecodeError(
      `the prompt holds the mask token (id ${spec.maskId}) at position ${mask}; remove it: masks are what a decoder fills`,
      { position: mask, maskId: spec.maskId },
    );
  }
  const outside = prompt.findIndex((id) => id < 0 || id >= spec.vocabSize);
  if (outside >= 0) {
    throw new DecodeError(
      `the prompt has id ${
        prompt[outside]
      } at position ${outside}; the vocabulary has ids 0 to ${
        spec.vocabSize - 1
      }: encode the prompt with this model's tokenizer`,
      { position: outside, id: prompt[outside], vocabSize: spec.vocabSize },
    );
  }
}

/** The prompt followed by `maxNewTokens` masks, `[P + maxNewTokens]`. Throws as {@linkcode checkPrompt}. */
export function startCanvas(
  prompt: Int32Array,
  spec: DiffusionSpec,
  { maxNewTokens }: { readonly maxNewTokens: number },
): Int32Array {
  checkPrompt(prompt, spec, { maxNewTokens });
  const canvas = new Int32Array(prompt.length + maxNewTokens).fill(spec.maskId);
  canvas.set(prompt);
  return canvas;
}

/** Masked positions within a range of the canvas, ascending. */
export function maskedPositions(
  canvas: Int32Array,
  maskId: number,
  range: PositionRange,
): Int32Array {
  const { start, end } = range;
  let count = 0;
  for (let i = start; i < end; i++) if (canvas[i] === maskId) count++;
  const positions = int32Array(count);
  for (let i = end, at = count; at > 0;) {
    if (canvas[--i] === maskId) positions[--at] = i;
  }
  return positions;
}

/** A copy of the canvas with the fills written. */
export function writeFills(
  canvas: Int32Array,
  fills: readonly Fill[],
): Int32Array {
  const written = canvas.slice();
  for (const fill of fills) written[fill.position] = fill.token;
  return written;
}
