/**
 * What LoPA's throughput tables say about its systems, as statements about the models trained here on the machine at hand: the
 * order of throughputs, not their size.
 *
 * @module
 */
import type { TrainedModel } from "../evaluation/trained_models.ts";
import { CODE_TASK, D2F_MODELS, MATHS_TASK } from "./scaling_claims.ts";
import type { Claim } from "./types.ts";

type Statement = Pick<Claim, "item" | "kind" | "statement"> & Partial<Claim>;

/** Share by which a point of a rising curve may lie below an earlier one; the paper's own curves dip by up to 2%. */
const DIP = 0.05;

const STATEMENTS = {
  "lopa-over-autoregressive": {
    item: "Fig. 1",
    kind: "ordering",
    statement:
      "LoPA with 8 branches over all devices (S12) has a higher average throughput than the autoregressive twin",
  },
  "lopa-over-d2f": {
    item: "Fig. 1",
    kind: "ordering",
    statement:
      "LoPA with 8 branches over all devices (S12) has a higher average throughput than D2F alone on one device with all threads",
  },
  "eight-over-four": {
    item: "Table 4",
    kind: "ordering",
    statement:
      "8 branches have a higher average throughput than 4 (mean of S8 to S12 over mean of S2 to S6)",
  },
  "threshold-buys-throughput": {
    item: "Table 4",
    kind: "trend",
    shape: "rising",
    tolerance: DIP,
    statement:
      "With 8 branches the average throughput rises as the threshold falls (S7 to S12)",
  },
} as const satisfies Readonly<Record<string, Statement>>;

/** Name of a claim. */
export type DistClaimName = keyof typeof STATEMENTS;

/** All names. */
export const DIST_CLAIMS = Object.keys(STATEMENTS) as readonly DistClaimName[];

/** Id of a claim. */
export function distClaimId(
  name: DistClaimName,
  { model, task }: { readonly model: string; readonly task: string },
): string {
  return `mini-dist-${name}-${model}-${task}`;
}

/** The claims about those of `models` that decode block by block. */
export function distClaims(models: readonly TrainedModel[]): readonly Claim[] {
  return D2F_MODELS.filter((model) => models.includes(model)).flatMap((model) =>
    [MATHS_TASK, CODE_TASK].flatMap((task) =>
      DIST_CLAIMS.map((name): Claim => {
        const { statement, ...more } = STATEMENTS[name];
        return {
          ...more,
          id: distClaimId(name, { model, task }),
          ...{ scope: "mini", paper: "lopa", values: [] },
          statement: `${model} on ${task}: ${statement}.`,
        };
      })
    )
  );
}
