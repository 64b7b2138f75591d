/**
 * A session of the reference model: cache, boundary row and staged rows in plain arrays.
 *
 * @module
 */
import {
  afterForward,
  applyCacheOperations,
  type CacheCopy,
  type CacheState,
  EMPTY_CACHE,
} from "./cache_state.ts";
import { attentionWidths } from "./config.ts";
import { confidence, mostProbable } from "./confidence.ts";
import { NonFiniteError } from "./errors.ts";
import type {
  CacheSlice,
  InspectableSession,
  InspectedForward,
} from "./inspection.ts";
import {
  type BranchStates,
  type LayerRows,
  referenceForward,
  type ReferenceNetwork,
} from "./reference_forward.ts";
import { linear } from "./reference_ops.ts";
import { checkRequest } from "./request_rules.ts";
import type {
  BranchPredictions,
  BranchWindow,
  ForwardRequest,
  ModelSpec,
  Predictions,
} from "./types.ts";

/** One sequence on the reference model. */
export class ReferenceSession implements InspectableSession {
  #network: ReferenceNetwork;
  #spec: ModelSpec;
  #maxPositions: number;
  #state: CacheState = EMPTY_CACHE;
  #staged: readonly BranchStates[] = [];
  #boundary: Float32Array;
  #closed = false;

  /** Use `ReferenceModel.open`. */
  constructor(
    network: Omit<ReferenceNetwork, "cache">,
    options: { spec: ModelSpec; maxPositions: number },
  ) {
    const size = options.maxPositions *
      attentionWidths(network.config).keyValue;
    const cache = network.weights.layers.map((): LayerRows => ({
      keys: new Float32Array(size),
      values: new Float32Array(size),
    }));
    this.#network = { ...network, cache };
    this.#spec = options.spec;
    this.#maxPositions = options.maxPositions;
    this.#boundary = new Float32Array(network.config.hiddenSize);
  }

  /** Runs one forward. */
  async forward(request: ForwardRequest): Promise<Predictions> {
    return (await this.inspect(request)).predictions;
  }

  /** Runs one forward and also returns the hidden states, branches one after another. */
  // deno-lint-ignore require-await -- a broken rule must reject, not throw
  async inspect(request: ForwardRequest): Promise<InspectedForward> {
    if (this.#closed) {
      throw new TypeError("this session is closed; open another");
    }
    const { state, copies } = applyCacheOperations(this.#state, request.cache);
    checkRequest(request, {
      spec: this.#spec,
      maxPositions: this.#maxPositions,
      cache: state,
    });
    for (const copy of copies) this.#commit(copy);
    this.#state = afterForward(state, request);
    this.#staged = request.branches.map((branch) =>
      referenceForward(this.#network, branch, request)
    );
    const branches = request.branches.map((branch, i) =>
      this.#predict(branch, this.#staged[i]!, request)
    );
    const shared = request.visibility.kind === "block-causal"
      ? request.commitRows * (request.branches.length - 1)
      : 0;
    const rows = request.branches.reduce(
      (sum, branch) => sum + branch.tokens.length,
      -shared,
    );
    const depth = this.#network.config.layers + 1;
    const hidden = Array.from(
      { length: depth },
      (_, i) => concatenate(this.#staged.map((states) => states.hidden[i]!)),
    );
    return { predictions: { branches, rows }, hidden };
  }

  /** Reads the cache as the last forward saw it. */
  // deno-lint-ignore require-await -- the interface also serves devices
  async readCache(
    layer: number,
    { start, end }: { start: number; end: number },
  ): Promise<CacheSlice> {
    const width = attentionWidths(this.#network.config).keyValue;
    const { keys, values } = this.#network.cache[layer]!;
    return {
      keys: keys.slice(start * width, end * width),
      values: values.slice(start * width, end * width),
    };
  }

  /** Forgets everything. Idempotent. */
  close(): void {
    this.#closed = true;
    this.#staged = [];
  }

  #commit({ branch, rows, start, boundary }: CacheCopy): void {
    const { hidden, fresh } = this.#staged[branch]!;
    const width = attentionWidths(this.#network.config).keyValue;
    this.#network.cache.forEach((layer, index) => {
      layer.keys.set(
        fresh[index]!.keys.subarray(0, rows * width),
        start * width,
      );
      layer.values.set(
        fresh[index]!.values.subarray(0, rows * width),
        start * width,
      );
    });
    if (boundary) {
      this.#boundary = rowOf(
        hidden.at(-1)!,
        rows - 1,
        this.#network.config.hiddenSize,
      );
    }
  }

  #predict(
    branch: BranchWindow,
    states: BranchStates,
    request: ForwardRequest,
  ): BranchPredictions {
    const { vocabSize, hiddenSize } = this.#network.config;
    const { sampling, top } = request;
    const n = branch.predict.length;
    const out = {
      positions: branch.predict.slice(),
      tokens: new Int32Array(n),
      probability: new Float32Array(n),
      margin: new Float32Array(n),
      negEntropy: new Float32Array(n),
      ...(top === undefined ? {} : {
        topTokens: new Int32Array(n * top),
        topProbability: new Float32Array(n * top),
      }),
      ...(request.logits ? { logits: new Float32Array(n * vocabSize) } : {}),
    };
    branch.predict.forEach((position, i) => {
      const row = Math.max(position - (this.#spec.shift ? 1 : 0), 0) -
        branch.start;
      const state = row < 0
        ? this.#boundary
        : rowOf(states.hidden.at(-1)!, row, hiddenSize);
      const logits = linear(state, this.#network.weights.head, 1);
      if (!logits.every(Number.isFinite)) {
        throw new NonFiniteError(
          `the logits of position ${position} hold NaN or infinity: the weights overflow float32`,
        );
      }
      const uniform = branch.uniforms?.[i];
      const read = confidence(
        logits,
        sampling,
        uniform === undefined ? {} : { uniform },
      );
      out.tokens[i] = read.token;
      out.probability[i] = read.probability;
      out.margin[i] = read.margin;
      out.negEntropy[i] = read.negEntropy;
      out.logits?.set(logits, i * vocabSize);
      if (top !== undefined) {
        const ids = mostProbable(read.distribution, top, sampling);
        out.topTokens!.set(ids, i * top);
        out.topProbability!.set(
          Float32Array.from(ids, (id) => read.distribution[id] ?? 0),
          i * top,
        );
      }
    });
    return out;
  }
}

function rowOf(states: Float32Array, row: number, width: number): Float32Array {
  return states.slice(row * width, (row + 1) * width);
}

function concatenate(parts: readonly Float32Array[]): Float32Array {
  const out = new Float32Array(
    parts.reduce((sum, part) => sum + part.length, 0),
  );
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
