/**
 * All claims: the papers' own rows and curves, then the trends tested on tiny models.
 *
 * @module
 */
import { paperClaims } from "./paper_claims.ts";
import { tinyClaims } from "./tiny_claims.ts";
import type { Claim } from "./types.ts";

/** Every claim. Needs read permission for `data/paper`. */
export async function allClaims(): Promise<readonly Claim[]> {
  return [...await paperClaims(), ...tinyClaims()];
}
