/**
 * Canvases: a prompt, its answer and the end-of-sequence fill behind it, as a diffusion model sees them when it decodes.
 *
 * @module
 */
import type { Draws } from "./draws.ts";
import { ExampleError } from "./example_error.ts";

/** Something to learn: what is asked and what is answered. */
export interface Example {
  /** Token ids, at least one. */
  readonly prompt: ArrayLike<number>;
  /** Token ids, the last of which is the one end-of-sequence token. */
  readonly answer: ArrayLike<number>;
}

/** Where a canvas ends. */
export type CanvasLength =
  /** Right behind the answer: no fill. */
  | { readonly kind: "answer" }
  /** All canvases at the longest of the batch (LLaDA's SFT). */
  | { readonly kind: "longest" }
  /** At `positions` positions, prompt included (dParallel, D2F). */
  | { readonly kind: "total"; readonly positions: number }
  /** At `positions` positions behind the prompt: the canvas that a decoder makes. */
  | { readonly kind: "region"; readonly positions: number }
  /** Behind a tail of 0 to `most` positions, drawn uniformly, and on to whole blocks of `block` counted from the prompt's end. */
  | { readonly kind: "tail"; readonly most: number; readonly block: number };

/** How examples become canvases. */
export interface CanvasOptions {
  /** Where a canvas ends. Default `answer`. */
  readonly length?: CanvasLength;
  /** Weight of a fill token relative to a token of the answer, at least 0. Default 1; the answer's own end always weighs 1. */
  readonly fillWeight?: number;
}

/** A laid-out example. */
export interface Canvas {
  /** Prompt, answer, fill; `[length]`. */
  readonly ids: Int32Array;
  /** Positions of the prompt, at least 1. */
  readonly promptLength: number;
  /** Weight of each position's token in a loss: 1, or the fill weight behind the answer's end; `[length]`. */
  readonly tokenWeights: Float64Array;
}

/**
 * Lays out a batch of examples.
 *
 * @param examples At least one.
 * @param context `eosId`: the token that ends answers and fills canvases; `draws`: random numbers, for purpose `tail`.
 * @throws {ExampleError} For an empty prompt or answer, an answer that does not end with its only end-of-sequence token, and one
 * that does not fit its canvas.
 * @throws {RangeError} For options out of range.
 */
export function layCanvases(
  examples: readonly Example[],
  { eosId, draws }: { readonly eosId: number; readonly draws: Draws },
  { length = { kind: "answer" }, fillWeight = 1 }: CanvasOptions = {},
): Canvas[] {
  checkOptions(length, fillWeight);
  if (examples.length === 0) {
    throw new ExampleError(null, "the batch is empty; give at least 1 example");
  }
  examples.forEach((example, index) => checkExample(example, index, eosId));
  const longest = examples.reduce(
    (most, { prompt, answer }) => Math.max(most, prompt.length + answer.length),
    0,
  );
  return examples.map(({ prompt, answer }, sample) => {
    const used = prompt.length + answer.length;
    const end = canvasEnd(length, {
      promptLength: prompt.length,
      used,
      longest,
      draw: () => draws("tail", { sample }),
    });
    if (end < used) {
      throw new ExampleError(
        sample,
        `prompt and answer hold ${prompt.length} + ${answer.length} tokens, but the canvas ends at ${end}; lengthen the canvas or ` +
          "leave the example out",
      );
    }
    const ids = new Int32Array(end).fill(eosId);
    ids.set(prompt);
    ids.set(answer, prompt.length);
    return {
      ids,
      promptLength: prompt.length,
      tokenWeights: new Float64Array(end).fill(1).fill(fillWeight, used),
    };
  });
}

function canvasEnd(
  length: CanvasLength,
  { promptLength, used, longest, draw }: {
    readonly promptLength: number;
    readonly used: number;
    readonly longest: number;
    readonly draw: () => number;
  },
): number {
  switch (length.kind) {
    case "answer":
      return used;
    case "longest":
      return longest;
    case "total":
      return length.positions;
    case "region":
      return promptLength + length.positions;
    case "tail": {
      const tail = Math.floor(draw() * (length.most + 1));
      const blocks = Math.ceil((used - promptLength + tail) / length.block);
      return promptLength + blocks * length.block;
    }
  }
}

function checkExample(
  { prompt, answer }: Example,
  index: number,
  eosId: number,
): void {
  if (prompt.length === 0) {
    throw new ExampleError(
      index,
      "the prompt is empty; give at least one token, such as the beginning of sequence",
    );
  }
  if (answer.length === 0) {
    throw new ExampleError(
      index,
      `the answer is empty; give at least its end, token ${eosId}`,
    );
  }
  const end = Array.prototype.indexOf.call(answer, eosId);
  if (end !== answer.length - 1) {
    throw new ExampleError(
      index,
      `the end of sequence, token ${eosId}, ${
        end < 0
          ? "is missing from the answer"
          : `stands at ${end} of an answer of ${answer.length} tokens`
      }; an answer ends with exactly one`,
    );
  }
}

function checkOptions(length: CanvasLength, fillWeight: number): void {
  if (!Number.isFinite(fillWeight) || fillWeight < 0) {
    throw new RangeError(
      `the fill weight is ${fillWeight}; give a number of at least 0`,
    );
  }
  const least: Readonly<Record<string, number>> = {
    positions: 1,
    block: 1,
    most: 0,
  };
  for (const [name, value] of Object.entries(length)) {
    const minimum = least[name];
    if (minimum === undefined) continue;
    if (!Number.isSafeInteger(value) || Number(value) < minimum) {
      throw new RangeError(
        `the canvas option "${name}" is ${value}; give an integer of at least ${minimum}`,
      );
    }
  }
}
