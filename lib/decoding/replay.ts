/**
 * Replaying a trace without a model: the canvas after every step, checked against the result.
 *
 * @module
 */
import { unwrittenId } from "./model_kind.ts";
import type { Trace } from "./trace_types.ts";
import type { DecodeStep } from "./types.ts";

/** A trace that contradicts itself. */
export class ReplayError extends RangeError {
  /** Always `ReplayError`. */
  override readonly name = "ReplayError";
  /** Index of the step at fault; 0 for the result. */
  readonly step: number;

  /** `problem` says what the step or the result claims and what the steps before it allow. */
  constructor(problem: string, at: { readonly step: number }) {
    super(at.step === 0 ? `result: ${problem}` : `step ${at.step}: ${problem}`);
    this.step = at.step;
  }
}

/** The canvas after one step. */
export interface ReplayFrame {
  /** The step that led to this canvas. */
  readonly step: DecodeStep;
  /**
   * Prompt and the whole generation, `[prompt + result.ids.length]`; positions not yet written hold MASK, or -1 where the model
   * has none.
   */
  readonly canvas: Int32Array;
}

/**
 * Gives the canvas after every step. When the last frame has been taken, the canvas and the counts are checked against the
 * result.
 *
 * @throws {ReplayError} where a step writes outside the generation, over a token that is already there or a token that is
 * not in the vocabulary, or where the result does not follow from the steps.
 */
export function* replay(trace: Trace): Generator<ReplayFrame, void> {
  const { header, steps, result } = trace;
  const promptLength = header.prompt.ids.length;
  const canvas = new Int32Array(promptLength + result.ids.length);
  canvas.set(header.prompt.ids);
  const unwritten = unwrittenId(header.model);
  canvas.fill(unwritten, promptLength);
  for (const step of steps) {
    checkStep(step);
    if (step.accepted !== undefined) write(step, step.accepted);
    for (const fill of step.fills) write(step, fill);
    yield { step, canvas: canvas.slice() };
  }
  checkResult(trace, canvas);

  function write(
    step: DecodeStep,
    { position, token }: { position: number; token: number },
  ): void {
    const { vocabSize } = header.model;
    const at = { step: step.index };
    if (position < promptLength || position >= canvas.length) {
      throw new ReplayError(
        `writes position ${position}, the generation is [${promptLength}, ${canvas.length})`,
        at,
      );
    }
    if (canvas[position] !== unwritten) {
      throw new ReplayError(
        `writes token ${token} at ${position}, which already holds ${
          canvas[position]
        }`,
        at,
      );
    }
    if (token >= vocabSize) {
      throw new ReplayError(
        `writes token ${token} of a vocabulary of ${vocabSize}`,
        at,
      );
    }
    canvas[position] = token;
  }
}

function checkStep(step: DecodeStep): void {
  if (step.winner >= step.branches.length) {
    throw new ReplayError(
      `winner ${step.winner} of ${step.branches.length} branches`,
      { step: step.index },
    );
  }
}

function checkResult(trace: Trace, canvas: Int32Array): void {
  const { header, steps, result } = trace;
  const promptLength = header.prompt.ids.length;
  const at = { step: 0 };
  result.ids.forEach((id, i) => {
    if (canvas[promptLength + i] !== id) {
      throw new ReplayError(
        `ids[${i}] is ${id}, the steps wrote ${canvas[promptLength + i]}`,
        at,
      );
    }
  });
  const branches = steps.reduce((sum, step) => sum + step.branches.length, 0);
  if (result.forwards !== steps.length) {
    throw new ReplayError(
      `forwards is ${result.forwards}, there are ${steps.length} steps`,
      at,
    );
  }
  if (result.branchForwards !== branches) {
    throw new ReplayError(
      `branchForwards is ${result.branchForwards}, the steps ran ${branches} branches`,
      at,
    );
  }
}

/**
 * Replays a trace to its end and gives the final canvas, prompt included.
 *
 * @throws {ReplayError} as {@linkcode replay}.
 */
export function replayResult(trace: Trace): Int32Array {
  let canvas: Int32Array = Int32Array.from(trace.header.prompt.ids);
  for (const frame of replay(trace)) canvas = frame.canvas;
  return canvas;
}
