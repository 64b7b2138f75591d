/**
 * Learning rates as functions of the step.
 *
 * @module
 */

/** A learning rate that rises, holds, and may fall. */
export interface RateSchedule {
  /** Learning rate at its highest, above 0. */
  readonly peak: number;
  /** Steps over which the rate rises linearly from `peak / warmup` to `peak`. Default 0. */
  readonly warmup?: number;
  /** How the rate falls at the end. Default `constant`: it does not. */
  readonly decay?: "constant" | "linear" | "cosine";
  /** Steps of the whole stage; needed with a decay. */
  readonly steps?: number;
  /** Share of the steps after which the rate falls, in [0, 1]. Default 0.8; not before the warm-up ends. */
  readonly hold?: number;
  /** What the rate falls to in the last step, as a fraction of `peak` in [0, 1]. Default 0.05. */
  readonly floor?: number;
}

/**
 * The learning rate of one optimiser step.
 *
 * @param schedule Its shape.
 * @param step Number of the step, from 1. Behind the last step the rate stays at the floor.
 * @throws {RangeError} If a number of the schedule is out of range or the step is not an integer of at least 1.
 */
export function learningRate(schedule: RateSchedule, step: number): number {
  checkSchedule(schedule);
  checkCount("step", step, 1);
  const {
    peak,
    warmup = 0,
    decay = "constant",
    steps = 0,
    hold = 0.8,
    floor = 0.05,
  } = schedule;
  if (step < warmup) return peak * step / warmup;
  if (decay === "constant") return peak;
  const start = Math.max(warmup, Math.round(hold * steps));
  if (step <= start) return peak;
  const done = Math.min(1, (step - start) / Math.max(1, steps - start));
  const left = decay === "linear"
    ? 1 - done
    : (1 + Math.cos(Math.PI * done)) / 2;
  return peak * (floor + (1 - floor) * left);
}

function checkSchedule(schedule: RateSchedule): void {
  const { peak, warmup, decay = "constant", steps, hold, floor } = schedule;
  if (!(peak > 0 && Number.isFinite(peak))) {
    throw new RangeError(
      `the peak learning rate is ${peak}; give a number above 0`,
    );
  }
  if (warmup !== undefined) checkCount("warm-up", warmup, 0);
  if (decay !== "constant") checkCount("number of steps", steps ?? NaN, 1);
  for (const [name, value] of Object.entries({ hold, floor })) {
    if (value === undefined || (value >= 0 && value <= 1)) continue;
    throw new RangeError(
      `the learning rate's ${name} is ${value}; give a number from 0 to 1`,
    );
  }
  if (decay !== "constant" && (warmup ?? 0) > steps!) {
    throw new RangeError(
      `the warm-up takes ${warmup} of ${steps} steps; shorten it or train longer`,
    );
  }
}

function checkCount(name: string, value: number, least: number): void {
  if (Number.isSafeInteger(value) && value >= least) return;
  throw new RangeError(
    `the ${name} of the learning rate is ${value}; give an integer of at least ${least}`,
  );
}
