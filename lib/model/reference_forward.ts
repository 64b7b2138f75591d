/**
 * One branch through the reference transformer, straight down: no packing, no sharing, nothing fused.
 *
 * @module
 */
import { attentionWidths, type ModelConfig } from "./config.ts";
import { covers, subtract } from "./position_ranges.ts";
import { add, attention, linear, rmsNorm, swiglu } from "./reference_ops.ts";
import type { ReferenceWeights } from "./reference_weights.ts";
import { rotateRows } from "./rope.ts";
import type { BranchWindow, ForwardRequest, PositionRange } from "./types.ts";
import { visibilityLimit } from "./visibility.ts";

/** Keys and values of one layer, `[rows, kvHeads * headDim]`; keys after the rotary embedding. */
export interface LayerRows {
  readonly keys: Float32Array;
  readonly values: Float32Array;
}

/** What a branch's pass gives. */
export interface BranchStates {
  /** `layers + 1` arrays `[rows, hiddenSize]`: before each layer, and last after the final norm. */
  readonly hidden: readonly Float32Array[];
  /** Fresh keys and values per layer. */
  readonly fresh: readonly LayerRows[];
}

/** The network and the cache that a pass reads. */
export interface ReferenceNetwork {
  readonly config: ModelConfig;
  readonly weights: ReferenceWeights;
  /** As `ropeTable` gives it. */
  readonly rope: Float32Array;
  /** Per layer, one row per position. */
  readonly cache: readonly LayerRows[];
}

/** Passes one branch of a request through the network. */
export function referenceForward(
  network: ReferenceNetwork,
  branch: BranchWindow,
  request: ForwardRequest,
): BranchStates {
  const { config, weights, rope } = network;
  const { hiddenSize, headDim, heads, kvHeads, normEps: eps } = config;
  const rows = branch.tokens.length;
  const positions = Int32Array.from(
    { length: rows },
    (_, i) => branch.start + i,
  );
  const own = { start: branch.start, end: branch.start + rows };
  const cached = subtract(request.cached, own);
  const keyPositions = positionsSeen(cached, own);
  const seen = positions.map((position) => {
    const limit = visibilityLimit(request.visibility, position);
    return keyPositions.filter((p) => p < limit).length;
  });

  let x: Float32Array = new Float32Array(rows * hiddenSize);
  branch.tokens.forEach((token, i) => {
    x.set(
      weights.embedding.subarray(token * hiddenSize, (token + 1) * hiddenSize),
      i * hiddenSize,
    );
  });
  const hidden: Float32Array[] = [];
  const fresh: LayerRows[] = [];
  weights.layers.forEach((layer, index) => {
    hidden.push(x);
    const normed = rmsNorm(x, layer.attentionNorm, { eps });
    const queries = linear(normed, layer.query, rows);
    const keys = linear(normed, layer.key, rows);
    const values = linear(normed, layer.value, rows);
    rotateRows(queries, rope, { positions, headDim });
    rotateRows(keys, rope, { positions, headDim });
    fresh.push({ keys, values });
    const gather = (kind: "keys" | "values") =>
      gatherRows(keyPositions, {
        own,
        fresh: fresh[index]![kind],
        cache: network.cache[index]![kind],
        config,
      });
    const mixed = attention(queries, {
      keys: gather("keys"),
      values: gather("values"),
      seen,
      heads,
      kvHeads,
      headDim,
    });
    x = add(x, linear(mixed, layer.attentionOut, rows));
    const normedAgain = rmsNorm(x, layer.mlpNorm, { eps });
    const inner = swiglu(
      linear(normedAgain, layer.gate, rows),
      linear(normedAgain, layer.up, rows),
    );
    x = add(x, linear(inner, layer.down, rows));
  });
  hidden.push(rmsNorm(x, weights.finalNorm, { eps }));
  return { hidden, fresh };
}

/** Positions of all keys a branch may see, ascending. */
function positionsSeen(
  cached: readonly PositionRange[],
  own: PositionRange,
): number[] {
  const ranges = [...cached, own].sort((a, b) => a.start - b.start);
  return ranges.flatMap(({ start, end }) =>
    Array.from({ length: end - start }, (_, i) => start + i)
  );
}

/** Rows of keys or values at `positions`, from the branch itself where it covers them, else from the cache. */
function gatherRows(
  positions: readonly number[],
  { own, fresh, cache, config }: {
    readonly own: PositionRange;
    readonly fresh: Float32Array;
    readonly cache: Float32Array;
    readonly config: ModelConfig;
  },
): Float32Array {
  const width = attentionWidths(config).keyValue;
  const out = new Float32Array(positions.length * width);
  positions.forEach((position, i) => {
    const isOwn = covers([own], { start: position, end: position + 1 });
    const at = (isOwn ? position - own.start : position) * width;
    out.set((isOwn ? fresh : cache).subarray(at, at + width), i * width);
  });
  return out;
}
