/**
 * The plainest sampling.
 *
 * @module
 */
import type { SamplingOptions } from "./types.ts";

/** Takes the most probable token: nothing filtered, nothing barred, confidence in 32 bits. */
export const GREEDY: SamplingOptions = {
  temperature: 0,
  topP: null,
  topK: null,
  confidenceFrom: "filtered",
  confidenceDtype: "f32",
  entropyEpsilon: 1e-10,
  barred: [],
};
