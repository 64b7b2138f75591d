/**
 * A model without weights: the portable toy of spec section 14, whose predictions are a fixed function of a seed, the position and
 * the written neighbours. It answers requests as a real model does, boundary row included, and knows nothing of attention, so
 * any decoder's control flow can be checked against vectors that were recorded with it.
 *
 * @module
 */
import type {
  BranchPredictions,
  BranchWindow,
  CacheOperation,
  DiffusionModel,
  DiffusionSpec,
  ForwardRequest,
  ModelSession,
  Predictions,
} from "../model/types.ts";
import { DecodeError } from "./errors.ts";
import { toyRandom, toyRow } from "./toy_logits.ts";
import { samplePredictions } from "./toy_sampling.ts";

/** What makes one toy differ from another. */
export interface ToyModelOptions {
  /** Of all its noise. */
  readonly seed: number;
  /** Generated offset from which on the toy prefers to end; default never. */
  readonly eosAt?: number | null;
  /** Length of the prompt, which the vectors use throughout. */
  readonly promptLength: number;
  /** Whether row i - 1 predicts position i and the boundary row is kept at commits (default true), or row i itself. */
  readonly shift?: boolean;
}

/** Ids of the toy's vocabulary. */
export const TOY_SPEC: Omit<DiffusionSpec, "digest" | "shift"> = {
  family: "dream",
  vocabSize: 40,
  maskId: 39,
  eosId: 5,
  padId: 5,
  bosId: null,
  maxPositions: 4096,
};

/** The prompt that the vectors use with this toy, `[promptLength]`. */
export function toyPrompt({ seed, promptLength }: ToyModelOptions): Int32Array {
  return Int32Array.from(
    { length: promptLength },
    (_, q) => 6 + Math.floor(30 * toyRandom(seed, { position: q, purpose: 7 })),
  );
}

/** The toy model. */
export function toyModel(
  options: ToyModelOptions,
): DiffusionModel & { readonly spec: DiffusionSpec } {
  const { seed, eosAt = null, promptLength, shift = true } = options;
  const spec: DiffusionSpec = {
    ...TOY_SPEC,
    shift,
    digest: `toy ${JSON.stringify({ seed, eosAt, promptLength, shift })}`,
  };
  return { spec, open: () => toySession({ ...options, shift }) };
}

/** Cache, boundary row and pending windows of one sequence. */
function toySession(
  { seed, eosAt = null, promptLength, shift }: ToyModelOptions,
): ModelSession {
  let cached: number[] = [];
  let boundary: Float64Array | null = null;
  let windows: readonly BranchWindow[] = [];

  /** Raw logits that predict `position`, given a window behind the cached prefix it was computed with. */
  function logitsFor(
    position: number,
    { start, tokens }: BranchWindow,
    prefix: readonly number[],
  ): Float64Array {
    const tokenAt = (i: number) => i < start ? prefix[i] : tokens[i - start];
    return toyRow({ seed, eosAt, promptLength, position, start, tokenAt });
  }

  function apply(operation: CacheOperation): void {
    if (operation.kind === "reset") {
      cached = [];
      boundary = null;
    } else if (operation.kind === "truncate") {
      cached = cached.slice(0, operation.length);
    } else {
      const window = windows[operation.branch];
      if (
        window === undefined || window.start !== cached.length ||
        window.tokens.length < operation.rows
      ) {
        throw new DecodeError(
          "the commit does not continue the cached prefix; commit rows of the last request",
          { ...operation },
        );
      }
      const end = window.start + operation.rows;
      if (operation.boundary) boundary = logitsFor(end, window, cached);
      cached = [...cached, ...window.tokens.subarray(0, operation.rows)];
    }
  }

  function answer(
    window: BranchWindow,
    request: ForwardRequest,
  ): BranchPredictions {
    return samplePredictions(window, request.sampling, (position) => {
      if (!shift || position > window.start) {
        return logitsFor(position, window, cached);
      }
      if (boundary !== null && position === window.start) return boundary;
      throw new DecodeError(
        `no row predicts position ${position}; commit the rows before it first`,
        { position },
      );
    });
  }

  return {
    forward(request: ForwardRequest): Promise<Predictions> {
      request.cache.forEach(apply);
      windows = request.branches;
      const shared = request.visibility.kind === "full"
        ? 0
        : request.commitRows * (windows.length - 1);
      return Promise.resolve({
        branches: windows.map((window) => answer(window, request)),
        rows: windows.reduce((sum, { tokens }) => sum + tokens.length, -shared),
      });
    },
    close(): void {},
  };
}
