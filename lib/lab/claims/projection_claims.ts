/**
 * What LoPA's throughput tables say about its systems, held against the cost model's projection: the order of throughputs, with
 * the paper's factor for comparison. How far the projected numbers themselves are off stands in the experiment's tables.
 *
 * @module
 */
import type { Claim } from "./types.ts";

/** Models and benchmarks of the throughput tables. */
export const PROJECTED_RUNS: readonly {
  /** `Base` or `Instruct`. */
  readonly model: string;
  readonly benchmark: string;
}[] = ["Base", "Instruct"].flatMap((model) =>
  ["MBPP", "GSM8K"].map((benchmark) => ({ model, benchmark }))
);

/** Which claim is meant. */
export interface ProjectionClaimPlace {
  readonly name: ProjectionClaimName;
  /** `Base` or `Instruct`. */
  readonly model: string;
  readonly benchmark: string;
}

interface Order {
  readonly item: string;
  /** What is above what. */
  readonly statement: string;
  /** The paper's factor for each of {@linkcode PROJECTED_RUNS}, from its printed throughputs. */
  readonly factors: readonly number[];
}

const ORDERS = {
  "eight-over-four": {
    item: "Table 4",
    statement:
      "8 branches have a higher average throughput than 4 (mean of S8 to S12 over mean of S2 to S6)",
    factors: [1.062, 1.168, 1.053, 1.091],
  },
  "ascend-over-nv": {
    item: "Table 3",
    statement:
      "LoPA-Dist-Ascend (S18) has a higher average throughput than LoPA-Dist-NV (S12)",
    factors: [1.516, 1.383, 1.408, 1.471],
  },
  "lopa-over-d2f": {
    item: "Fig. 1",
    statement:
      "LoPA-Dist-NV (S12) has a higher average throughput than D2F alone (Table 7)",
    factors: [2.162, 2.761, 3.085, 2.46],
  },
} as const satisfies Readonly<Record<string, Order>>;

/** Name of a claim. */
export type ProjectionClaimName = keyof typeof ORDERS;

/** All names. */
export const PROJECTION_CLAIMS = Object.keys(
  ORDERS,
) as readonly ProjectionClaimName[];

/** Id of a claim. */
export function projectionClaimId(
  { name, model, benchmark }: ProjectionClaimPlace,
): string {
  return `projection-${name}-${model}-${benchmark}`.toLowerCase();
}

/** The paper's factor of throughputs that a claim is about. */
export function printedFactor(
  { name, model, benchmark }: ProjectionClaimPlace,
): number {
  const i = PROJECTED_RUNS.findIndex((run) =>
    run.model === model && run.benchmark === benchmark
  );
  return ORDERS[name].factors[i]!;
}

/** The claims. */
export function projectionClaims(): readonly Claim[] {
  return PROJECTION_CLAIMS.flatMap((name) =>
    PROJECTED_RUNS.map((run): Claim => {
      const { item, statement } = ORDERS[name];
      const place = { name, ...run };
      return {
        id: projectionClaimId(place),
        ...{ scope: "projection", paper: "lopa", item, kind: "ordering" },
        statement:
          `D2F-Dream-${run.model} on ${run.benchmark}: ${statement}; the paper's factor of throughputs is ${
            printedFactor(place)
          }.`,
        values: [],
      };
    })
  );
}
