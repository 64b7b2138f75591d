/**
 * The cache protocols by name, and how rounds go under one of them.
 *
 * @module
 */
import type { CacheProtocol, ProtocolName } from "./protocol.ts";
import { singlePhase } from "./single_phase.ts";
import { twoPhase } from "./two_phase.ts";

/** The cache protocols by name. */
export const CACHE_PROTOCOLS: Readonly<Record<ProtocolName, CacheProtocol>> = {
  "two-phase": twoPhase,
  "single-phase": singlePhase,
};

/** How rounds go over ranks, wherever they are. */
export interface RoundOptions {
  /** How the winner's rows come into every cache. Default `two-phase`, which serves every visibility. */
  readonly protocol?: ProtocolName;
  /** Longest that a round may take before a rank counts as hanging, in milliseconds. Default 60 000. */
  readonly timeoutMs?: number;
}

/** The options with their defaults. */
export function roundRules(
  { protocol = "two-phase", timeoutMs = 60_000 }: RoundOptions,
): { readonly protocol: CacheProtocol; readonly timeoutMs: number } {
  return { protocol: CACHE_PROTOCOLS[protocol], timeoutMs };
}
