/**
 * What the samplers of the LLaDA family share.
 *
 * @module
 */
import type { BranchPredictions } from "../model/types.ts";
import type { PassChoice, PassContext } from "./blockwise.ts";
import { quotaTable } from "./quota.ts";
import { pickQuota } from "./selection.ts";

/** A quota rule over given scores. */
export type QuotaRule = (
  scores: ArrayLike<number>,
  context: Pick<PassContext, "pass">,
) => PassChoice;

/** Writes the best candidates of each pass by a fixed quota: LLaDA's table for one block. Passes beyond the table write none. */
export function quotaRule(
  blockSize: number,
  stepsPerBlock: number,
): QuotaRule {
  const table = quotaTable(blockSize, stepsPerBlock);
  return (scores, { pass }) => {
    const quota = table[pass] ?? 0;
    return { picks: pickQuota(scores, quota), quota };
  };
}

/** Entropies in nats, `[n]`. */
export function entropies({ negEntropy }: BranchPredictions): Float32Array {
  return negEntropy.map((value) => -value);
}
