/**
 * The transformer as a command buffer: embedding, layers, final norm and output head, recorded once for a capacity. Nothing
 * in it depends on how many branches share a pass.
 *
 * @module
 */
import {
  type BufferRef,
  CommandEncoder,
  type DeviceBuffer,
} from "../engine/mod.ts";
import { attentionWidths, type ModelConfig } from "./config.ts";
import type { NativeLayer, NativeWeights } from "./native_weights.ts";
import type { PlanCapacity } from "./plan_capacity.ts";
import type { PlanParameters } from "./plan_parameters.ts";
import type { LastingMemory, PassMemory } from "./session_memory.ts";

/** What every record refers to. */
export interface RecordingParts {
  readonly config: ModelConfig;
  readonly weights: NativeWeights;
  /** As `ropeTable` gives it, for at least the session's positions. */
  readonly rope: BufferRef;
  readonly lasting: LastingMemory;
  readonly pass: PassMemory;
  /** Where each table stands among the parameter words. */
  readonly at: PlanParameters;
  readonly capacity: PlanCapacity;
}

/** Everything a recording refers to. */
export interface TransformerParts extends RecordingParts {
  /** Where the parameter words go. */
  readonly parameters: DeviceBuffer;
  readonly output: OutputPlaces;
  /** `layers + 1` places for the residual stream before each layer and after the last; absent: in place. */
  readonly states?: readonly BufferRef[];
}

/** Places of the results in the output buffer. */
export interface OutputPlaces {
  readonly results: BufferRef;
  readonly top?: BufferRef;
  readonly topCount: number;
  readonly logits?: BufferRef;
}

/** Records one forward: commits of the last pass first, then the pass. */
export function recordTransformer(parts: TransformerParts): CommandEncoder {
  const { config, weights, pass, at, output } = parts;
  const encoder = new CommandEncoder({
    params: parts.parameters,
    output: output.results,
  });
  recordCommit(encoder, parts);
  const states = parts.states ??
    Array.from({ length: config.layers + 1 }, () => pass.states);
  const width = config.hiddenSize;
  encoder.embed({
    weight: weights.embedding,
    out: states[0]!,
    outStride: width,
    rowsAt: at.rows,
    tokensAt: at.tokens,
    maxRows: pass.rows,
  });
  weights.layers.forEach((layer, index) => {
    const from = states[index]!;
    const to = states[index + 1]!;
    recordAttention(encoder, { ...parts, layer, index, from, to });
    recordMlp(encoder, { ...parts, layer, index, from: to, to });
  });
  recordNorm(encoder, {
    ...parts,
    input: states.at(-1)!,
    gain: weights.finalNorm,
    out: pass.final,
  });
  encoder.head({
    hidden: pass.final,
    boundary: parts.lasting.boundary,
    boundaryRows: 1,
    out: output.results,
    ...(output.top ? { top: output.top } : {}),
    ...(output.logits ? { logits: output.logits } : {}),
    topCount: output.topCount,
    weight: weights.head,
    hiddenStride: width,
    maxRows: pass.rows,
    vocab: config.vocabSize,
    requestsAt: at.requests,
    maxRequests: parts.capacity.requests,
    barredAt: at.barred,
  });
  return encoder;
}

/** Records the commit of staged keys and values, and of the boundary row. */
export function recordCommit(
  encoder: CommandEncoder,
  { config, lasting, pass, at, capacity }: Pick<
    TransformerParts,
    "config" | "lasting" | "pass" | "at" | "capacity"
  >,
): void {
  const rowBytes = 4 * attentionWidths(config).keyValue;
  encoder.copyRows({
    src: pass.staged,
    dst: lasting.cache,
    rowBytes,
    srcPlaneBytes: pass.rows * rowBytes,
    dstPlaneBytes: lasting.maxPositions * rowBytes,
    srcRows: pass.rows,
    dstRows: lasting.maxPositions,
    planes: 2 * config.layers,
    tableAt: at.copies,
    maxEntries: capacity.copies,
  });
  const stateBytes = 4 * config.hiddenSize;
  encoder.copyRows({
    src: pass.final,
    dst: lasting.boundary,
    rowBytes: stateBytes,
    srcPlaneBytes: pass.rows * stateBytes,
    dstPlaneBytes: stateBytes,
    srcRows: pass.rows,
    dstRows: 1,
    planes: 1,
    tableAt: at.boundaryCopies,
    maxEntries: capacity.copies,
  });
}

/** What the records of a layer refer to. */
export interface LayerParts extends RecordingParts {
  readonly layer: NativeLayer;
  /** Number of the layer, 0-based. */
  readonly index: number;
  /** Residual stream before and after. */
  readonly from: BufferRef;
  readonly to: BufferRef;
  /** `false` writes what the layer adds to the residual stream in place of the sum. */
  readonly residual?: boolean;
}

/** Records attention and its residual addition. */
export function recordAttention(
  encoder: CommandEncoder,
  parts: LayerParts,
): void {
  const { config, layer, index, pass, lasting, at } = parts;
  const { heads, kvHeads, headDim, hiddenSize } = config;
  const { query, keyValue } = attentionWidths(config);
  const qkvWidth = query + 2 * keyValue;
  const plane = (buffer: DeviceBuffer, rows: number, number: number) =>
    buffer.at(4 * rows * keyValue * number);
  const freshKeys = plane(pass.staged, pass.rows, index);
  const freshValues = plane(pass.staged, pass.rows, config.layers + index);
  recordNorm(encoder, {
    ...parts,
    input: parts.from,
    gain: layer.attentionNorm,
    out: pass.normed,
  });
  encoder.matmul({
    input: pass.normed,
    inStride: hiddenSize,
    weight: layer.qkv,
    ...(layer.qkvBias ? { bias: layer.qkvBias } : {}),
    out: pass.qkv,
    outStride: qkvWidth,
    outCols: qkvWidth,
    rowsAt: at.rows,
    maxRows: pass.rows,
  });
  encoder.ropeKv({
    qkv: pass.qkv,
    qkvStride: qkvWidth,
    table: parts.rope,
    keys: freshKeys,
    values: freshValues,
    heads,
    kvHeads,
    headDim,
    rowsAt: at.rows,
    positionsAt: at.positions,
    maxRows: pass.rows,
    maxPosition: lasting.maxPositions,
  });
  encoder.attention({
    q: pass.qkv,
    qStride: qkvWidth,
    freshKeys,
    freshValues,
    cacheKeys: plane(lasting.cache, lasting.maxPositions, index),
    cacheValues: plane(
      lasting.cache,
      lasting.maxPositions,
      config.layers + index,
    ),
    cacheRows: lasting.maxPositions,
    out: pass.mixed,
    outStride: query,
    heads,
    kvHeads,
    headDim,
    segmentsAt: at.segments,
    limitsAt: at.limits,
    maxSegments: parts.capacity.segments,
    maxRows: pass.rows,
    scale: 1 / Math.sqrt(headDim),
  });
  encoder.matmul({
    input: pass.mixed,
    inStride: query,
    weight: layer.attentionOut,
    ...residualOf(parts),
    out: parts.to,
    outStride: hiddenSize,
    outCols: hiddenSize,
    rowsAt: at.rows,
    maxRows: pass.rows,
  });
}

/** Records the SwiGLU and its residual addition. */
export function recordMlp(encoder: CommandEncoder, parts: LayerParts): void {
  const { config: { hiddenSize, mlpSize }, layer, pass, at } = parts;
  const rows = { rowsAt: at.rows, maxRows: pass.rows };
  recordNorm(encoder, {
    ...parts,
    input: parts.from,
    gain: layer.mlpNorm,
    out: pass.normed,
  });
  encoder.matmul({
    input: pass.normed,
    inStride: hiddenSize,
    weight: layer.gateUp,
    out: pass.inner,
    outStride: mlpSize,
    outCols: mlpSize,
    epilogue: "swiglu",
    ...rows,
  });
  encoder.matmul({
    input: pass.inner,
    inStride: mlpSize,
    weight: layer.down,
    ...residualOf(parts),
    out: parts.to,
    outStride: hiddenSize,
    outCols: hiddenSize,
    ...rows,
  });
}

function residualOf(
  { residual = true, from, config }: LayerParts,
): { readonly residual?: BufferRef; readonly residualStride?: number } {
  return residual ? { residual: from, residualStride: config.hiddenSize } : {};
}

/** Records a root-mean-square norm over the rows of a pass. */
export function recordNorm(
  encoder: CommandEncoder,
  parts: RecordingParts & {
    readonly input: BufferRef;
    readonly gain: BufferRef;
    readonly out: BufferRef;
  },
): void {
  const { hiddenSize: width, normEps: eps } = parts.config;
  encoder.rmsNorm({
    input: parts.input,
    gain: parts.gain,
    out: parts.out,
    width,
    inStride: width,
    outStride: width,
    rowsAt: parts.at.rows,
    maxRows: parts.pass.rows,
    eps,
  });
}
