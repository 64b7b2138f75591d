/**
 * The transformer on a tape: the same network as the model's own recording, in the pieces whose gradients are known.
 *
 * @module
 */
import type { BufferRef } from "../engine/mod.ts";
import { attentionWidths } from "../model/config.ts";
import type { Network, NetworkLayer } from "./network.ts";
import type { RowCount, Tape, Value } from "./tape.ts";
import { attention, type AttentionWords, qkvWidth } from "./tape_attention.ts";
import { linear, type LinearStep } from "./tape_linear.ts";
import { rmsNorm } from "./tape_norm.ts";
import { embedding, gatherRows } from "./tape_rows.ts";
import { swiglu } from "./tape_swiglu.ts";
import type { Workspace } from "./workspace.ts";

/** What a pass of a network needs. */
export interface NetworkPass {
  readonly network: Network;
  readonly workspace: Workspace;
  /** Whether a gradient will be wanted: each layer then keeps what it computed. */
  readonly differentiable: boolean;
  /** Code of the element type in which weights' gradients are multiplied. */
  readonly dtype: number;
  /** f32 `[maxPositions, headDim]`. */
  readonly rope: BufferRef;
  readonly maxPositions: number;
  readonly words: NetworkWords;
}

/** Parameter words that a pass reads. */
export interface NetworkWords extends AttentionWords {
  /** All rows of the batch. */
  readonly rows: RowCount;
  readonly tokensAt: number;
  /** Rows that carry a loss. */
  readonly lossRows: RowCount;
  readonly copiesAt: number;
  readonly indicesAt: number;
}

/** Records a network up to the logits of the chosen rows, `[lossRows, vocab]`. */
export function recordNetwork(tape: Tape, pass: NetworkPass): Value {
  const { network, words } = pass;
  const { hiddenSize: width, vocabSize, normEps: eps } = network.config;
  let stream = place(pass, "stream", { width, index: 0, shared: "stream" });
  embedding(tape, {
    weights: network.embedding,
    output: stream,
    tokensAt: words.tokensAt,
  });
  network.layers.forEach((layer, index) => {
    stream = recordLayer(tape, { ...pass, layer, index }, stream);
  });
  const rows = words.lossRows;
  const chosen = place(pass, "chosen", { width, rows });
  gatherRows(tape, { input: stream, output: chosen, ...words });
  const final = place(pass, "final", { width, rows });
  rmsNorm(tape, {
    weights: network.finalNorm,
    input: chosen,
    output: final,
    eps,
  });
  tape.clearGradient(chosen);
  const logits = inPlace(place(pass, "logits", { width: vocabSize, rows }));
  linear(tape, {
    ...common(pass, "head", network.head, final),
    output: logits,
  });
  return logits;
}

interface LayerPass extends NetworkPass {
  readonly layer: NetworkLayer;
  readonly index: number;
}

/** Attention and MLP, each added to the residual stream. */
function recordLayer(tape: Tape, pass: LayerPass, stream: Value): Value {
  const { network: { config }, layer, index } = pass;
  const { hiddenSize: width, mlpSize, normEps: eps } = config;
  const { query, keyValue } = attentionWidths(config);
  const value = (name: string, width: number) =>
    place(pass, name, { width, index });
  const named = (name: string) => `layer ${index} ${name}`;

  const normed = value("attention input", width);
  rmsNorm(tape, {
    weights: layer.attentionNorm,
    input: stream,
    output: normed,
    eps,
  });
  const qkv = value("qkv", qkvWidth(config));
  linear(tape, {
    ...common(pass, named("qkv"), layer.qkv, normed),
    output: qkv,
  });
  const mixed = value("mixed", query);
  attention(tape, {
    ...pass,
    config,
    qkv,
    keys: value("keys", keyValue),
    values: value("values", keyValue),
    output: mixed,
  });
  const middle = place(pass, "middle", { width, index, shared: "stream" });
  linear(tape, {
    ...common(pass, named("attention out"), layer.attentionOut, mixed),
    output: middle,
    residual: stream,
  });

  const normedAgain = value("mlp input", width);
  rmsNorm(tape, {
    weights: layer.mlpNorm,
    input: middle,
    output: normedAgain,
    eps,
  });
  const gateUp = inPlace(value("gate and up", 2 * mlpSize));
  linear(tape, {
    ...common(pass, named("gate and up"), layer.gateUp, normedAgain),
    output: gateUp,
  });
  const inner = value("inner", mlpSize);
  swiglu(tape, { input: gateUp, output: inner });
  const next = place(pass, "stream", {
    width,
    index: index + 1,
    shared: "stream",
  });
  linear(tape, {
    ...common(pass, named("down"), layer.down, inner),
    output: next,
    residual: middle,
  });
  return next;
}

/**
 * A value of the pass. With a gradient to come it has a place per layer `index`, else all layers share one; places of gradients
 * are always shared, by `shared` or the name.
 */
function place(
  { workspace, differentiable, words }: NetworkPass,
  name: string,
  { width, rows = words.rows, index, shared = name }: {
    readonly width: number;
    readonly rows?: RowCount;
    readonly index?: number;
    readonly shared?: string;
  },
): Value {
  const own = index !== undefined && differentiable ? `${name} ${index}` : name;
  return workspace.value(own, {
    width,
    rows,
    gradient: differentiable ? shared : null,
  });
}

/** The value with its gradient in its own place: nobody needs it once its gradient is known. */
function inPlace(value: Value): Value {
  return value.gradient === null ? value : { ...value, gradient: value.data };
}

function common(
  { workspace, dtype }: NetworkPass,
  name: string,
  weights: LinearStep["weights"],
  input: Value,
): Omit<LinearStep, "output" | "residual"> {
  return { workspace, dtype, name, weights, input };
}
