/**
 * Saving and restoring what a trainer has learnt.
 *
 * @module
 */
import type { Arena } from "./arena.ts";
import { TrainerError } from "./errors.ts";
import type { StepRates, TrainerState } from "./types.ts";

/** The arrays of an arena after `step` updates. */
export function readState(arena: Arena, step: number): TrainerState {
  return {
    step,
    weights: arena.flat(arena.weights),
    moment1: arena.flat(arena.moment1),
    moment2: arena.flat(arena.moment2),
    ...(arena.average ? { average: arena.flat(arena.average) } : {}),
  };
}

/**
 * Writes a state back, after checking all of it.
 *
 * @throws {TrainerError} When it has other sizes, or numbers that are not finite.
 */
export function writeState(arena: Arena, state: TrainerState): void {
  const { count } = arena.layout;
  if (!Number.isSafeInteger(state.step) || state.step < 0) {
    throw new TrainerError(
      `The state's step is ${state.step}; an integer of 0 or more is wanted`,
    );
  }
  if ((state.average === undefined) !== (arena.average === null)) {
    throw new TrainerError(
      arena.average === null
        ? "The state holds a moving average, but the trainer keeps none: create it with `average`"
        : "The state holds no moving average, but the trainer keeps one: create it without `average`",
    );
  }
  const arrays = [
    ["weights", state.weights, arena.weights],
    ["moment1", state.moment1, arena.moment1],
    ["moment2", state.moment2, arena.moment2],
    ["average", state.average, arena.average],
  ] as const;
  for (const [name, values] of arrays) {
    if (values === undefined) continue;
    if (values.length !== count) {
      throw new TrainerError(
        `The state's ${name} has ${values.length} elements, this trainer ${count}: it is of another model or other settings`,
      );
    }
    const bad = values.findIndex((value) => !Number.isFinite(value));
    if (bad >= 0) {
      throw new TrainerError(
        `The state's ${name} holds ${
          values[bad]
        } at element ${bad}; load an earlier one`,
      );
    }
  }
  for (const [, values, target] of arrays) {
    if (values !== undefined) target?.write(values);
  }
}

/**
 * Checks the rates of a step.
 *
 * @throws {TrainerError} Naming the one that is out of its range.
 */
export function checkRates(rates: StepRates): void {
  const want = (name: keyof StepRates, holds: boolean, wanted: string) => {
    if (holds) return;
    throw new TrainerError(`${name} is ${rates[name]}; ${wanted} is wanted`);
  };
  const { learningRate, beta1, beta2, epsilon, clip } = rates;
  const finite = (value: number) => value >= 0 && value < Infinity;
  const share = (value: number) => value >= 0 && value < 1;
  want("learningRate", finite(learningRate), "a number of 0 or more");
  want("beta1", share(beta1), "a number from 0 to below 1");
  want("beta2", share(beta2), "a number from 0 to below 1");
  want("epsilon", epsilon > 0 && finite(epsilon), "a positive number");
  want("clip", finite(clip), "a number of 0 (no clipping) or more");
}
