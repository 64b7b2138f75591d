/**
 * Rounding noise in the first update. AdamW's first step moves an entry by the learning rate times the sign of its gradient, also
 * where that sign is the rounding of whoever computed it: then the recorded run and a correct one part, and later loss terms
 * differ by more than any kernel's error. Where the recorded gradients are all known, those entries take the recorded side.
 *
 * @module
 */
import type { StepRates, Trainer } from "../../training/types.ts";

/** Distance of an updated entry from the recorded one's update that counts as noise (golden data's README, section 4). */
const NOISE = 1e-5;

/** The first step of a run. */
export interface FirstStep {
  /** Parameters before it. */
  readonly before: ReadonlyMap<string, Float32Array>;
  /** Recorded gradients, before clipping. */
  readonly recorded: ReadonlyMap<string, Float32Array>;
  readonly rates: StepRates;
  readonly decay: number;
  readonly gradientNorm: number;
}

/**
 * Puts entries that the recorded gradient would have moved elsewhere where it would have moved them, moments included.
 *
 * @returns How many such entries there are; `null` where not all gradients are recorded and nothing was done.
 */
export function settleNoise(
  trainer: Trainer,
  step: FirstStep,
): { readonly settled: number; readonly entries: number } | null {
  const { before, recorded, rates, decay, gradientNorm } = step;
  const { learningRate, beta1, beta2, epsilon, clip } = rates;
  if ([...before.keys()].some((name) => !recorded.has(name))) return null;
  const scale = clip === 0 ? 1 : Math.min(1, clip / (gradientNorm + 1e-6));
  const state = trainer.saveState();
  let settled = 0;
  let at = 0;
  for (const [name, weights] of before) {
    const gradients = recorded.get(name)!;
    weights.forEach((weight, i) => {
      const gradient = scale * gradients[i]!;
      const direction = gradient / (Math.abs(gradient) + epsilon);
      const updated = weight * (1 - learningRate * decay) -
        learningRate * direction;
      if (Math.abs(updated - state.weights[at]!) > NOISE) {
        state.weights[at] = updated;
        state.moment1[at] = (1 - beta1) * gradient;
        state.moment2[at] = (1 - beta2) * gradient ** 2;
        settled++;
      }
      at++;
    });
  }
  if (settled > 0) trainer.loadState(state);
  return { settled, entries: at };
}
