/**
 * All claims: the papers' own rows and curves, then the trends tested on tiny models and on the models trained here, the
 * ratios that a cost model projects, and the order of throughputs on this machine.
 *
 * @module
 */
import { presentModels } from "../evaluation/trained_models.ts";
import { presentStudents } from "../evaluation/students.ts";
import { distClaims } from "./dist_claims.ts";
import { dparallelClaims } from "./dparallel_claims.ts";
import { paperClaims } from "./paper_claims.ts";
import { projectionClaims } from "./projection_claims.ts";
import { scalingClaims } from "./scaling_claims.ts";
import { tinyClaims } from "./tiny_claims.ts";
import type { Claim } from "./types.ts";

/** Every claim. Needs read permission for `data/paper` and `data/models`. */
export async function allClaims(): Promise<readonly Claim[]> {
  return [
    ...await paperClaims(),
    ...tinyClaims(),
    ...scalingClaims(await presentModels()),
    ...projectionClaims(),
    ...distClaims(await presentModels()),
    ...dparallelClaims((await presentStudents()).map(({ name }) => name)),
  ];
}
