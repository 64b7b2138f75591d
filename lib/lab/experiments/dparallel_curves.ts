/**
 * The curves of Fig. 4: models by samplers, each over its thresholds.
 *
 * @module
 */
import { MATHS_TASK } from "../claims/scaling_claims.ts";
import type { StudentSummary } from "./dparallel_rows.ts";

/** Models and samplers: what the models end in, what the methods begin with, and the name. */
export const CURVES = [
  ["", "confidence", "dParallel, confidence"],
  ["", "entropy", "dParallel, entropy"],
  ["-consistency", "confidence", "consistency only, confidence"],
  ["-consistency", "entropy", "consistency only, entropy"],
  ["base", "confidence", "base, confidence"],
  ["base", "entropy", "base, entropy"],
] as const;

/** The points of a curve on word problems, slowest first. */
export function curvePoints(
  summaries: readonly StudentSummary[],
  { family, end, method }: {
    readonly family: string;
    readonly end: string;
    readonly method: string;
  },
): StudentSummary[] {
  const model = end === "base"
    ? `${family}-mini`
    : `dparallel-${family}-mini${end}`;
  return summaries.filter((summary) =>
    summary.model === model && summary.task === MATHS_TASK &&
    summary.method.startsWith(`${method}-`)
  ).toSorted((a, b) => b.settled - a.settled);
}
