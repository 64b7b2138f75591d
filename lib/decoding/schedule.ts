/**
 * Dream's time schedule, in float32 as the reference computes it (HKUNLP/Dream, `diffusion_generate`).
 *
 * @module
 */

/** Length of the schedule and its last time. */
export interface ScheduleOptions {
  /** Number of steps, at least 1. */
  readonly steps: number;
  /** Last time, in (0, 1). Dream's default is 1e-3. */
  readonly epsilon: number;
}

/** Times from 1 down to `epsilon`, evenly spaced, `[steps + 1]`: the two halves are counted from their own ends. */
export function dreamTimes({ steps, epsilon }: ScheduleOptions): Float32Array {
  const f = Math.fround;
  const last = f(epsilon);
  const width = f(f(last - 1) / steps);
  return Float32Array.from(
    { length: steps + 1 },
    (_, i) =>
      i < Math.floor((steps + 1) / 2)
        ? f(1 + f(width * i))
        : f(last - f(width * (steps - i))),
  );
}

/** Probability 1 - s/t of unmasking in step `step` (0-based) between times t and s; 1 in the last step. */
export function transferProbability(times: Float32Array, step: number): number {
  if (step >= times.length - 2) return 1;
  return Math.fround(1 - Math.fround(times[step + 1]! / times[step]!));
}

/** Tokens to unmask in step `step` (0-based) of `masked` masks: the expectation truncated, everything in the last step. */
export function dreamQuota(
  masked: number,
  times: Float32Array,
  { step }: { readonly step: number },
): number {
  return Math.trunc(Math.fround(masked * transferProbability(times, step)));
}

/** The whole schedule for `length` masks: tokens per step and the probability of each step. */
export function dreamSchedule(
  length: number,
  options: ScheduleOptions,
): {
  readonly tokensPerStep: readonly number[];
  readonly transferProbability: readonly number[];
} {
  const times = dreamTimes(options);
  const tokensPerStep: number[] = [];
  const probabilities: number[] = [];
  let masked = length;
  for (let step = 0; step < options.steps; step++) {
    const quota = dreamQuota(masked, times, { step });
    masked -= quota;
    tokensPerStep.push(quota);
    probabilities.push(transferProbability(times, step));
  }
  return { tokensPerStep, transferProbability: probabilities };
}
