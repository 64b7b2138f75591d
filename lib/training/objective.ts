/**
 * What every objective is given besides examples.
 *
 * @module
 */
import {
  type Canvas,
  type CanvasOptions,
  type Example,
  layCanvases,
} from "./canvas.ts";
import { type Draws, stepDraws, type StepKey } from "./draws.ts";

/** What an objective has to know of the model; a `ModelSpec` with a mask will do. */
export interface ObjectiveModel {
  /** Stands for a masked token. */
  readonly maskId: number;
  /** Ends answers and fills canvases. */
  readonly eosId: number;
  /** Whether the row before a position predicts it. */
  readonly shift: boolean;
}

/** The step that a batch is for, and the model. */
export interface ObjectiveContext extends StepKey {
  /** The model to be trained. */
  readonly model: ObjectiveModel;
}

/** Lays out a step's examples; tails are drawn from the step's numbers. */
export function stepCanvases(
  examples: readonly Example[],
  { model, ...key }: StepKey & {
    readonly model: Pick<ObjectiveModel, "eosId">;
  },
  options: CanvasOptions = {},
): Canvas[] {
  return layCanvases(
    examples,
    { eosId: model.eosId, draws: stepDraws(key) },
    options,
  );
}

/**
 * One of several block sizes, the same for a whole batch.
 *
 * @throws {RangeError} If there is none, or one is not an integer of at least 1.
 */
export function drawBlockSize(sizes: readonly number[], draws: Draws): number {
  if (
    sizes.length === 0 ||
    sizes.some((size) => !Number.isSafeInteger(size) || size < 1)
  ) {
    throw new RangeError(
      `the block sizes are [${sizes}]; give at least one integer of at least 1`,
    );
  }
  return sizes[Math.floor(draws("block-size") * sizes.length)]!;
}
