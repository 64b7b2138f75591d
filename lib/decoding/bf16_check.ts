/**
 * The smallest bf16 probabilities that pass each published threshold, as measured on the reference (spec section 2.2), put through
 * the fill rule: a probability equal to the rounded threshold stays, the next one is filled.
 *
 * @module
 */
import { roundThreshold } from "./bf16.ts";
import { chooseFills } from "./d2f_fill.ts";
import type { ToyCheck } from "./lopa_toy_check.ts";

/** Threshold, and the smallest bf16 probability that is filled under it. */
const SMALLEST_PASSING: readonly (readonly [number, number])[] = [
  [0.95, 0.953125],
  [0.90, 0.90234375],
  [0.85, 0.85546875],
  [0.80, 0.8046875],
  [0.75, 0.75390625],
  [0.70, 0.703125],
];

/** Distance between neighbouring bf16 numbers from 0.5 to 1. */
const STEP = 2 ** -8;

/** One check per threshold. */
export function checkThresholdVectors(): ToyCheck[] {
  return SMALLEST_PASSING.map(([threshold, smallest]) => {
    const differences = [];
    if (!fills(smallest, threshold)) {
      differences.push(`${smallest} is not filled, it was`);
    }
    if (fills(smallest - STEP, threshold)) {
      differences.push(`${smallest - STEP} is filled, it was not`);
    }
    return { name: `bf16 threshold ${threshold}`, differences };
  });
}

/** Whether a token of this probability is filled under a threshold, with nothing forced. */
function fills(probability: number, threshold: number): boolean {
  const row = { position: 0, token: 0, probability, confidence: probability };
  const block = {
    start: 0,
    end: 1,
    masks: 1,
    state: "active",
    activated: false,
  } as const;
  const rule = { threshold: roundThreshold(threshold, "bf16"), force: true };
  return chooseFills([row], [block], rule).fills.length === 1;
}
