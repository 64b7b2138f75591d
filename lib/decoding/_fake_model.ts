/**
 * A model for tests: predictions are any function of the position and the window, and every request is held to the rules of the
 * real models, cache included.
 *
 * @module
 */
import {
  afterForward,
  applyCacheOperations,
  EMPTY_CACHE,
} from "../model/cache_state.ts";
import { confidence } from "../model/confidence.ts";
import { checkRequest } from "../model/request_rules.ts";
import type {
  BranchPredictions,
  BranchWindow,
  DiffusionModel,
  DiffusionSpec,
  ForwardRequest,
  ModelSpec,
} from "../model/types.ts";
import { philox4x32 } from "./philox.ts";

/** Ids of the fake vocabulary; logits favour none of them. */
export const FAKE_SPEC: DiffusionSpec = {
  family: "llada",
  vocabSize: 12,
  maskId: 11,
  eosId: 10,
  padId: 10,
  bosId: null,
  shift: false,
  maxPositions: 256,
  digest: "fake",
};

/** A fake and what was asked of it. */
export interface FakeModel extends DiffusionModel {
  readonly requests: ForwardRequest[];
  /** Sessions opened and not closed. */
  readonly openSessions: () => number;
}

/** Logits that predict `position`, `[vocab]`. */
export type FakeLogits = (
  position: number,
  window: BranchWindow,
) => Float32Array;

/** Logits in [-4, 4) that depend on a seed, the position and all tokens of the window. */
export function hashedLogits(seed: number, spec: ModelSpec): FakeLogits {
  return (position, { tokens }) => {
    let hash = seed;
    for (const id of tokens) hash = Math.imul(hash ^ id, 0x01000193) >>> 0;
    return Float32Array.from({ length: spec.vocabSize }, (_, id) => {
      const counter = Uint32Array.of(position, id, 0, 0);
      const bits = philox4x32(counter, Uint32Array.of(hash, seed));
      return bits[0]! / 2 ** 29 - 4;
    });
  };
}

/** Logits under which `token` has a probability and every other id but MASK shares the rest. */
export function peakedLogits(
  token: number,
  probability: number,
  { vocabSize, maskId }: DiffusionSpec = FAKE_SPEC,
): Float32Array {
  const rest = Math.log((1 - probability) / (vocabSize - 2));
  const logits = new Float32Array(vocabSize).fill(rest);
  if (token !== maskId) logits[maskId] = -Infinity;
  logits[token] = Math.log(probability);
  return logits;
}

/** Makes a fake of some logits. */
export function fakeModel(
  logits: FakeLogits,
  spec: ModelSpec = FAKE_SPEC,
): FakeModel {
  const requests: ForwardRequest[] = [];
  let open = 0;
  return {
    spec,
    requests,
    openSessions: () => open,
    open({ maxPositions = spec.maxPositions } = {}) {
      open++;
      let cache = EMPTY_CACHE;
      return {
        forward(request) {
          requests.push(request);
          const { state } = applyCacheOperations(cache, request.cache);
          checkRequest(request, { spec, maxPositions, cache: state });
          cache = afterForward(state, request);
          const branches = request.branches.map((window) =>
            predict(window, request, { logits })
          );
          const rows = request.branches.reduce(
            (sum, { tokens }) => sum + tokens.length,
            0,
          );
          return Promise.resolve({ branches, rows });
        },
        close: () => void open--,
      };
    },
  };
}

function predict(
  window: BranchWindow,
  { sampling }: ForwardRequest,
  { logits }: { readonly logits: FakeLogits },
): BranchPredictions {
  const all = Array.from(window.predict, (position, i) => {
    const uniform = window.uniforms?.[i];
    const options = uniform === undefined ? {} : { uniform };
    return confidence(logits(position, window), sampling, options);
  });
  return {
    positions: window.predict.slice(),
    tokens: Int32Array.from(all, ({ token }) => token),
    probability: Float32Array.from(all, ({ probability }) => probability),
    margin: Float32Array.from(all, ({ margin }) => margin),
    negEntropy: Float32Array.from(all, ({ negEntropy }) => negEntropy),
  };
}
