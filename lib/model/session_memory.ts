/**
 * The device memory of one session: what lasts (cache and boundary row), and what one pass writes.
 *
 * @module
 */
import type { Device, DeviceBuffer } from "../engine/mod.ts";
import { attentionWidths, type ModelConfig } from "./config.ts";

/** Memory that lasts from forward to forward. */
export interface LastingMemory {
  /** Planes `[maxPositions, kvHeads * headDim]`: keys of every layer, then values of every layer. */
  readonly cache: DeviceBuffer;
  /** `[1, hiddenSize]`, after the final norm. */
  readonly boundary: DeviceBuffer;
  readonly maxPositions: number;
}

/** Memory of one pass of at most `rows` rows. `staged` and `final` keep their contents until the next pass. */
export interface PassMemory {
  readonly rows: number;
  /** `[rows, hiddenSize]`: the residual stream. */
  readonly states: DeviceBuffer;
  /** `[rows, hiddenSize]`. */
  readonly normed: DeviceBuffer;
  /** `[rows, (heads + 2 kvHeads) headDim]`. */
  readonly qkv: DeviceBuffer;
  /** `[rows, heads * headDim]`. */
  readonly mixed: DeviceBuffer;
  /** `[rows, mlpSize]`. */
  readonly inner: DeviceBuffer;
  /** Planes `[rows, kvHeads * headDim]`, in the order of the cache. */
  readonly staged: DeviceBuffer;
  /** `[rows, hiddenSize]`, after the final norm. */
  readonly final: DeviceBuffer;
}

/** Creates the lasting memory of a session. */
export function createLastingMemory(
  device: Device,
  config: ModelConfig,
  maxPositions: number,
): LastingMemory {
  const plane = 4 * maxPositions * attentionWidths(config).keyValue;
  return {
    cache: device.buffer(2 * config.layers * plane),
    boundary: device.buffer(4 * config.hiddenSize),
    maxPositions,
  };
}

/** Creates the memory of passes of at most `rows` rows. */
export function createPassMemory(
  device: Device,
  config: ModelConfig,
  rows: number,
): PassMemory {
  const { query, keyValue } = attentionWidths(config);
  const floats = (width: number) => device.buffer(4 * rows * width);
  return {
    rows,
    states: floats(config.hiddenSize),
    normed: floats(config.hiddenSize),
    qkv: floats(query + 2 * keyValue),
    mixed: floats(query),
    inner: floats(config.mlpSize),
    staged: floats(2 * config.layers * keyValue),
    final: floats(config.hiddenSize),
  };
}

/** Frees memory of either kind. Idempotent. */
export function destroyMemory(memory: LastingMemory | PassMemory): void {
  for (const part of Object.values(memory)) {
    if (typeof part === "object") (part as DeviceBuffer).destroy();
  }
}
