/**
 * How many tokens are masked, and which.
 *
 * @module
 */

/** The smallest probability of a mask in LLaDA's training: p = (1 - epsilon) t + epsilon. */
export const MASK_EPSILON = 1e-3;

/**
 * LLaDA's probability of a mask at time `time` (GUIDELINES.md; arXiv 2502.09992 §2.2): (1 - epsilon) t + epsilon.
 *
 * @throws {RangeError} If the time or epsilon lies outside [0, 1].
 */
export function maskProbability(time: number, epsilon = MASK_EPSILON): number {
  checkUnit("time", time);
  checkUnit("epsilon", epsilon);
  return (1 - epsilon) * time + epsilon;
}

/**
 * `count` times spread evenly over [0, 1) with one shared draw: t_i = (u + i / count) mod 1. Each is uniform.
 */
export function stratifiedTimes(count: number, shared: number): number[] {
  return Array.from({ length: count }, (_, i) => (shared + i / count) % 1);
}

/**
 * How many of each sample's tokens are masked, spread over the batch with one shared draw u (arXiv 2502.09992 App. A.2):
 * l_i = ((k_i - 1 + round(i A_i / b)) mod A_i) + 1 with k_i = floor(u A_i) + 1. Each l_i is uniform on 1..A_i.
 *
 * @param lengths A_i, at least 1 each.
 */
export function stratifiedCounts(
  lengths: readonly number[],
  shared: number,
): number[] {
  return lengths.map((length, i) => {
    const first = Math.floor(shared * length);
    return (first + Math.round(i * length / lengths.length)) % length + 1;
  });
}

/**
 * Each place masked by itself with probability `probability`.
 *
 * @param length Number of places.
 * @param uniform Uniform number in [0, 1) of a place.
 * @returns `[length]`, 1 where masked.
 * @throws {RangeError} If the probability lies outside [0, 1].
 */
export function bernoulliMask(
  length: number,
  { probability, uniform }: {
    readonly probability: number;
    readonly uniform: (place: number) => number;
  },
): Uint8Array {
  checkUnit("probability of a mask", probability);
  return Uint8Array.from(
    { length },
    (_, i) => Number(uniform(i) < probability),
  );
}

/**
 * Exactly `count` places masked, every set of that size as likely: those with the smallest draws.
 *
 * @param length Number of places.
 * @param uniform Uniform number in [0, 1) of a place.
 * @returns `[length]`, 1 where masked.
 * @throws {RangeError} If the count is not an integer from 0 to `length`.
 */
export function exactMask(
  length: number,
  { count, uniform }: {
    readonly count: number;
    readonly uniform: (place: number) => number;
  },
): Uint8Array {
  if (!Number.isSafeInteger(count) || count < 0 || count > length) {
    throw new RangeError(
      `cannot mask ${count} of ${length} tokens; give an integer from 0 to ${length}`,
    );
  }
  const mask = new Uint8Array(length);
  if (count === length) return mask.fill(1);
  const keys = Float64Array.from({ length }, (_, i) => uniform(i));
  const order = [...keys.keys()].sort((a, b) => keys[a]! - keys[b]! || a - b);
  for (const place of order.slice(0, count)) mask[place] = 1;
  return mask;
}

/** Refuses numbers outside [0, 1] with a RangeError. */
export function checkUnit(name: string, value: number): void {
  if (value >= 0 && value <= 1) return;
  throw new RangeError(`the ${name} is ${value}; give a number from 0 to 1`);
}
