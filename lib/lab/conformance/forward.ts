/**
 * Forwards whose raw logits are wanted for every row.
 *
 * @module
 */
import type {
  CacheOperation,
  ForwardRequest,
  ModelSpec,
  PositionRange,
  Visibility,
} from "../../model/types.ts";

/** Largest distance of a logit, hidden state, key or value from the recorded one (golden data's README, section 2). */
export const LOGIT_TOLERANCE = 2e-4;

/** One window whose every row is wanted. */
export interface WindowRequest {
  readonly start: number;
  readonly tokens: ArrayLike<number>;
  readonly visibility?: Visibility;
  readonly cache?: readonly CacheOperation[];
  readonly cached?: readonly PositionRange[];
  readonly commitRows?: number;
}

/** A request whose predictions are the raw logits of the window's rows, in order. */
export function windowRequest(
  spec: ModelSpec,
  window: WindowRequest,
): ForwardRequest {
  const { start, tokens } = window;
  const shift = spec.shift ? 1 : 0;
  return {
    cache: window.cache ?? [],
    cached: window.cached ?? [],
    branches: [{
      start,
      tokens: Int32Array.from(tokens),
      predict: Int32Array.from(
        { length: tokens.length },
        (_, i) => start + i + shift,
      ),
    }],
    commitRows: window.commitRows ?? 0,
    visibility: window.visibility ?? { kind: "full" },
    sampling: {
      temperature: 0,
      topP: null,
      topK: null,
      confidenceFrom: "raw",
      confidenceDtype: "f32",
      entropyEpsilon: 1e-10,
      barred: [],
    },
    logits: true,
  };
}
