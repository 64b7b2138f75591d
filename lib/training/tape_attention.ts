/**
 * Rotary attention of several sequences, each over its own keys.
 *
 * @module
 */
import type { BufferRef } from "../engine/mod.ts";
import { attentionWidths, type ModelConfig } from "../model/config.ts";
import type { Tape, Value } from "./tape.ts";

/** Parameter words that attention reads. */
export interface AttentionWords {
  readonly positionsAt: number;
  readonly segmentsAt: number;
  readonly limitsAt: number;
  readonly maxSegments: number;
}

/** One application of attention. */
export interface AttentionStep {
  readonly config: ModelConfig;
  readonly words: AttentionWords;
  /** f32 `[maxPositions, headDim]`, as `ropeTable` gives it. */
  readonly rope: BufferRef;
  readonly maxPositions: number;
  /** `[rows, (heads + 2 kvHeads) headDim]`; queries are rotated in place. */
  readonly qkv: Value;
  /** `[rows, kvHeads headDim]`. */
  readonly keys: Value;
  readonly values: Value;
  /** `[rows, heads headDim]`. */
  readonly output: Value;
}

/** Rotates queries and keys by their positions, then `softmax(q k^T / sqrt(headDim)) v` over the keys below each row's limit. */
export function attention(tape: Tape, step: AttentionStep): void {
  const { qkv, keys, values, output, words } = step;
  const { encoder } = tape;
  const { heads, kvHeads, headDim } = step.config;
  const shape = { heads, kvHeads, headDim };
  const rotary = {
    ...shape,
    table: step.rope,
    ...qkv.rows,
    positionsAt: words.positionsAt,
    maxPosition: step.maxPositions,
  };
  const mixing = {
    ...shape,
    q: qkv.data,
    qStride: qkv.stride,
    segmentsAt: words.segmentsAt,
    limitsAt: words.limitsAt,
    maxSegments: words.maxSegments,
    maxRows: qkv.rows.maxRows,
    scale: 1 / Math.sqrt(headDim),
  };
  encoder.ropeKv({
    ...rotary,
    qkv: qkv.data,
    qkvStride: qkv.stride,
    keys: keys.data,
    values: values.data,
  });
  encoder.attention({
    ...mixing,
    freshKeys: keys.data,
    freshValues: values.data,
    cacheKeys: { id: 0n },
    cacheValues: { id: 0n },
    cacheRows: 0,
    out: output.data,
    outStride: output.stride,
  });
  tape.onBackward(() => {
    encoder.attentionGrad({
      ...mixing,
      keys: keys.data,
      values: values.data,
      dout: output.gradient!,
      doutStride: output.stride,
      dq: qkv.gradient!,
      dqStride: qkv.stride,
      dkeys: keys.gradient!,
      dvalues: values.gradient!,
    });
    encoder.ropeKvGrad({
      ...rotary,
      dqkv: qkv.gradient!,
      dqkvStride: qkv.stride,
      dkeys: keys.gradient!,
      dvalues: values.gradient!,
    });
  });
}

/** Width of a row of queries, keys and values. */
export function qkvWidth(config: ModelConfig): number {
  const { query, keyValue } = attentionWidths(config);
  return query + 2 * keyValue;
}
