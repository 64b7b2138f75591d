/**
 * Counting verdicts.
 *
 * @module
 */
import type { Claim, JudgedClaim, Measurement, Verdict } from "./types.ts";
import { judge } from "./verdict.ts";

/** Verdicts in the order they are shown. */
export const VERDICTS: readonly Verdict[] = [
  "reproduced",
  "differs",
  "undecided",
  "not attempted",
];

/** What an experiment measured. */
export interface ExperimentMeasurements {
  readonly experiment: string;
  readonly measurements: readonly Measurement[];
}

/**
 * Judges every claim. Throws `RangeError` when a measurement names no claim, or two measure the same one.
 */
export function judgeAll(
  claims: readonly Claim[],
  measured: readonly ExperimentMeasurements[],
): JudgedClaim[] {
  const known = new Set(claims.map((claim) => claim.id));
  const found = new Map<
    string,
    { measurement: Measurement; experiment: string }
  >();
  for (const { experiment, measurements } of measured) {
    for (const measurement of measurements) {
      const id = measurement.claim;
      if (!known.has(id) || found.has(id)) {
        throw new RangeError(
          `Cannot use the measurement of "${id}" by ${experiment}: ${
            known.has(id) ? "it is measured twice" : "no such claim"
          }`,
        );
      }
      found.set(id, { measurement, experiment });
    }
  }
  return claims.map((claim) => judge(claim, found.get(claim.id)));
}

/** Number of claims per verdict. */
export function countVerdicts(
  judged: readonly JudgedClaim[],
): Record<Verdict, number> {
  const counts: Record<Verdict, number> = {
    ...{ reproduced: 0, differs: 0, undecided: 0, "not attempted": 0 },
  };
  for (const { verdict } of judged) counts[verdict]++;
  return counts;
}

/** 0 when none of the attempted claims differs, 1 when one does. */
export function exitCode(judged: readonly JudgedClaim[]): 0 | 1 {
  return judged.some(({ verdict }) => verdict === "differs") ? 1 : 0;
}
