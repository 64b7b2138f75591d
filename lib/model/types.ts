/**
 * What a decoder asks of a model and what comes back. A {@linkcode ForwardRequest} says what must be computed, not how: it is
 * plain data, so that a native engine, a cluster of devices, a recording and a fake model in a test all answer it.
 *
 * @module
 */

/** Half-open range of absolute positions `[start, end)`. */
export interface PositionRange {
  /** First position. */
  readonly start: number;
  /** First position after the range. */
  readonly end: number;
}

/**
 * Architectures known here. `dream` and `llada` fill masks in any order; `qwen2` is the causal language model whose network and
 * names Dream shares: it predicts the next token and has no mask.
 */
export type ModelFamily = "dream" | "llada" | "qwen2";

/** What the fixed facts of a model are, as far as decoding is concerned. */
export interface ModelSpec {
  /** Architecture. */
  readonly family: ModelFamily;
  /** Rows of the output head. */
  readonly vocabSize: number;
  /** Stands for a token not yet decided; `null` for a causal language model, which has none. */
  readonly maskId: number | null;
  /** End of sequence. */
  readonly eosId: number;
  /** Padding. */
  readonly padId: number;
  /** Beginning-of-sequence id, or `null` where the model has none. */
  readonly bosId: number | null;
  /** Whether the hidden state at position i-1 predicts position i (Dream, Qwen2) or the one at i itself (LLaDA). */
  readonly shift: boolean;
  /** Longest sequence, prompt and answer together. */
  readonly maxPositions: number;
  /** SHA-256 of everything the weights came from, or a description for a model without weights. */
  readonly digest: string;
}

/** A {@linkcode ModelSpec} of a diffusion model: one with a mask. */
export interface DiffusionSpec extends ModelSpec {
  /** Stands for a token not yet decided. */
  readonly maskId: number;
}

/**
 * Which keys a row sees among its own branch's rows and the cached ranges of its request.
 * - `full`: all of them;
 * - `block-causal`: prompt rows see the prompt, a row of generated block b sees the prompt and blocks up to b
 *   (blocks are counted from the end of the prompt; LoPA code, `spec` D2F attention);
 * - `causal`: positions up to and including its own.
 */
export type Visibility =
  | { readonly kind: "full" }
  | {
    readonly kind: "block-causal";
    readonly promptLength: number;
    readonly blockSize: number;
  }
  | { readonly kind: "causal" };

/** Precision in which probabilities, entropies and their means are rounded, as the reference's dtype would. */
export type ConfidenceDtype = "f32" | "bf16";

/** How tokens are drawn from logits, and from which distribution their confidence is read. */
export interface SamplingOptions {
  /** 0 = greedy. */
  readonly temperature: number;
  /** Nucleus mass in (0, 1], or `null` for no filter. Applied at temperature 0 too, as Dream does. */
  readonly topP: number | null;
  /** Number of largest logits kept, or `null` for no filter. */
  readonly topK: number | null;
  /** `filtered`: after temperature and filters (Dream family). `raw`: of the unscaled logits (LLaDA family). */
  readonly confidenceFrom: "filtered" | "raw";
  /** Precision of the confidence. */
  readonly confidenceDtype: ConfidenceDtype;
  /** Added to a probability inside the logarithm of the entropy (1e-10 in Dream and LoPA). */
  readonly entropyEpsilon: number;
  /** Token ids that can never be drawn. */
  readonly barred: readonly number[];
}

/** One branch's uncached window: consecutive tokens from `start` on, and the positions whose predictions are wanted. */
export interface BranchWindow {
  /** Absolute position of the first token. */
  readonly start: number;
  /** Token ids, `[length]`. */
  readonly tokens: Int32Array;
  /**
   * Absolute positions to predict, ascending, `[n]`. Rows are named by the position they predict; the model owns the logits
   * shift. Under a shift the first uncached position is answered from the boundary row kept at the last commit.
   */
  readonly predict: Int32Array;
  /** One uniform in [0, 1) per entry of `predict`; needed when the temperature is above 0. */
  readonly uniforms?: Float64Array;
}

/** Changes to the shared cache, applied before the forward of the request that carries them. */
export type CacheOperation =
  /** Forget everything, the boundary row included. */
  | { readonly kind: "reset" }
  /** Forget positions from `length` on. */
  | { readonly kind: "truncate"; readonly length: number }
  /**
   * Copy keys and values of the first `rows` rows of branch `branch` of the previous request into the cache at their own
   * positions. `boundary` keeps the final hidden state of the last of these rows as the cache's boundary row.
   */
  | {
    readonly kind: "commit";
    readonly branch: number;
    readonly rows: number;
    readonly boundary: boolean;
  };

/** One forward pass: what must be computed. */
export interface ForwardRequest {
  /** Applied in order before the forward. */
  readonly cache: readonly CacheOperation[];
  /** Cached ranges that rows may see, ascending. Fresh rows replace cached ones at the same positions. */
  readonly cached: readonly PositionRange[];
  /** At least one branch; ragged, never padded; a branch never sees another. */
  readonly branches: readonly BranchWindow[];
  /**
   * Leading rows of every branch that a following `commit` may copy. Under block-causal visibility they must hold the same
   * tokens in all branches and are computed once.
   */
  readonly commitRows: number;
  /** Which keys each row sees. */
  readonly visibility: Visibility;
  /** How tokens are drawn. */
  readonly sampling: SamplingOptions;
  /** Also return the `topK` most probable tokens of each prediction. */
  readonly top?: number;
  /** Also return the raw logits of each prediction. */
  readonly logits?: boolean;
}

/** Predictions of one branch, aligned with its `predict` list, `[n]` each. */
export interface BranchPredictions {
  /** Absolute positions, as asked. */
  readonly positions: Int32Array;
  /** The token drawn for each. */
  readonly tokens: Int32Array;
  /** Probability of the token. */
  readonly probability: Float32Array;
  /** Largest minus second largest probability. */
  readonly margin: Float32Array;
  /** Sum of p ln(p + epsilon), at most 0 up to rounding, in nats. */
  readonly negEntropy: Float32Array;
  /** `[n, top]`, most probable first; present when asked for. */
  readonly topTokens?: Int32Array;
  /** Probabilities of `topTokens`. */
  readonly topProbability?: Float32Array;
  /** `[n, vocab]`; present when asked for. */
  readonly logits?: Float32Array;
}

/** A stretch of a device's work. */
export interface WorkStretch {
  /** The forward, or copying committing rows to pages of the cache after it. */
  readonly what: "compute" | "pre-write";
  /** On the clock of `performance.now()`, in milliseconds. */
  readonly from: number;
  /** Its end. */
  readonly to: number;
  /** Rank whose device it is, where there are several. */
  readonly rank?: number;
}

/** Answer to a {@linkcode ForwardRequest}. */
export interface Predictions {
  /** In the order of the request. */
  readonly branches: readonly BranchPredictions[];
  /** Positions that went through the network, all branches together, shared rows once. */
  readonly rows: number;
  /** Milliseconds inside the native library; absent where there is none. */
  readonly nativeMs?: number;
  /** What the devices of this process did; absent where there are none. */
  readonly work?: readonly WorkStretch[];
}

/** One sequence being decoded: a cache, a boundary row, and forwards over them. */
export interface ModelSession {
  /**
   * Whether forwards leave the calling thread free, so that what a caller does meanwhile costs no time. Absent: they may hold
   * it up.
   */
  readonly concurrent?: boolean;
  /** Runs one forward. Rejects with a named error on any request that breaks the rules above. */
  forward(request: ForwardRequest): Promise<Predictions>;
  /** Frees what the session holds. Idempotent. */
  close(): void;
}

/** A model that can be decoded from: the only thing decoders and drivers know about models. */
export interface DiffusionModel {
  /** Fixed facts of the model. */
  readonly spec: ModelSpec;
  /** Opens a session for one sequence of at most `maxPositions` positions (default: the model's own limit). */
  open(options?: { readonly maxPositions?: number }): ModelSession;
}
