/**
 * What the projection says about the ratios between the paper's throughputs.
 *
 * @module
 */
import {
  PROJECTED_RUNS,
  PROJECTION_CLAIMS,
  projectionClaimId,
  type ProjectionClaimName,
} from "../claims/projection_claims.ts";
import type { Measurement } from "../claims/types.ts";
import { mean } from "../../metrics/quantile.ts";
import type {
  ProjectedRate,
  ProjectionResults,
} from "./throughput_projection_results.ts";

type Side = readonly [label: string, settings: readonly string[]];

const EIGHT: Side = ["S8 to S12", ["S8", "S9", "S10", "S11", "S12"]];
const FOUR: Side = ["S2 to S6", ["S2", "S3", "S4", "S5", "S6"]];

/** Throughputs that are compared; no settings stand for the D2F rows of Table 7. */
const SIDES = {
  "eight-over-four": [EIGHT, FOUR],
  "ascend-over-nv": [["S18", ["S18"]], ["S12", ["S12"]]],
  "lopa-over-d2f": [["S12", ["S12"]], ["D2F", []]],
} as const satisfies Readonly<
  Record<ProjectionClaimName, readonly [Side, Side]>
>;

const NOTE =
  "projected by the calibrated cost model, not measured; none of these throughputs was used in the fit, TPF of S12, S18 and D2F is the paper's";

/** One model on one benchmark. */
class RunRates {
  readonly #table4: readonly ProjectedRate[];
  readonly #d2f: readonly ProjectedRate[];

  constructor(
    { table4, d2f }: ProjectionResults,
    { model, benchmark }: (typeof PROJECTED_RUNS)[number],
  ) {
    const belongs = ({ run }: ProjectedRate) =>
      run.model.endsWith(model) && run.benchmark === benchmark;
    this.#table4 = table4.filter(belongs);
    this.#d2f = d2f.filter(belongs);
  }

  /** Mean over the settings of a side. */
  mean([, settings]: Side): number {
    const rows = settings.length === 0
      ? this.#d2f
      : this.#table4.filter(({ setting }) => settings.includes(setting!));
    return mean(rows.map(({ projected }) => projected));
  }
}

/** Projected throughputs, a pair per claim. */
export function measureProjection(
  results: ProjectionResults,
): readonly Measurement[] {
  return PROJECTION_CLAIMS.flatMap((name) =>
    PROJECTED_RUNS.map((run): Measurement => {
      const rates = new RunRates(results, run);
      const sides = SIDES[name];
      return {
        claim: projectionClaimId({ name, ...run }),
        ...{ unit: "tokens/s", note: NOTE },
        values: sides.map((side) => rates.mean(side)),
        labels: sides.map(([label]) => label),
      };
    })
  );
}
