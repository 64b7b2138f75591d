/**
 * Names of phases as figures write them.
 *
 * @module
 */
import type { RoundTime } from "../../metrics/projection/round_time.ts";

/** By phase. */
export const PHASE_NAMES: Readonly<Record<keyof RoundTime, string>> = {
  compute: "layers and head (sheet)",
  tensorParallel: "sums over TP (sheet)",
  exchange: "exchange of branch results",
  commit: "commit (sheet)",
  fixed: "fixed: launches, host, all else",
};
