/**
 * A look inside a session, for conformance and debugging: hidden states and cache contents leave the model only here.
 *
 * @module
 */
import type { ReplicaSession } from "./replica.ts";
import type {
  DiffusionModel,
  ForwardRequest,
  ModelSession,
  Predictions,
} from "./types.ts";

/** Keys and values of consecutive positions of one layer. */
export interface CacheSlice {
  /** `[positions, kvHeads * headDim]`, after the rotary embedding. */
  readonly keys: Float32Array;
  /** `[positions, kvHeads * headDim]`. */
  readonly values: Float32Array;
}

/** Predictions with every hidden state on the way. */
export interface InspectedForward {
  /** What `forward` answers. */
  readonly predictions: Predictions;
  /**
   * `layers + 1` arrays `[rows, hiddenSize]`, branches one after another: the state before each layer, and last the one
   * after the final norm.
   */
  readonly hidden: readonly Float32Array[];
}

/** A session that can be looked into. */
export interface InspectableSession extends ModelSession {
  /** Runs one forward and also returns the hidden states. */
  inspect(request: ForwardRequest): Promise<InspectedForward>;
  /** Reads the cache as the last forward saw it: a commit shows only once the request that carries it has run. */
  readCache(
    layer: number,
    range: { readonly start: number; readonly end: number },
  ): Promise<CacheSlice>;
}

/** A session on the native engine. */
export interface NativeModelSession extends InspectableSession, ReplicaSession {
  /** Op records of the last forward, 0 before the first. It does not depend on the number of branches. */
  readonly recordsPerForward: number;
}

/** A model whose sessions can be looked into. */
export interface InspectableModel extends DiffusionModel {
  /** Opens a session for one sequence. */
  open(options?: { readonly maxPositions?: number }): InspectableSession;
  /** Frees the weights. Idempotent; its sessions must be closed first. */
  close(): void;
}
