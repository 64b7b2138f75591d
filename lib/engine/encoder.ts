/**
 * Records operations into a command buffer, laid out as `ffi/dllm.h` says. Records name device buffers and words of the parameter
 * buffer; what changes from round to round stands in the parameters (see {@linkcode ParameterLayout}), so one recording can be
 * compiled into a plan and run again.
 *
 * @module
 */
import {
  ABI_VERSION,
  EPILOGUE_CODES,
  MAGIC,
  OP_CODES,
  type OpName,
} from "./abi.ts";
import {
  HEADER_BYTES,
  OP_FIELDS,
  type OpOptions,
  payloadBytes,
  RECORD_BYTES,
} from "./ops.ts";
import type { BufferRef } from "./ops.ts";

/** Where a command buffer's parameters come from and where its results are copied from. */
export interface CommandEncoderOptions {
  /** Buffer that the parameter words are copied into. */
  readonly params: BufferRef;
  /** Buffer and offset that the results are copied from at the end; absent where a submit returns none. */
  readonly output?: BufferRef;
}

/**
 * Builds one command buffer.
 *
 * @example Two records
 * ```ts ignore
 * const encoder = new CommandEncoder({ params, output: results });
 * encoder.rmsNorm({ input: hidden, gain, out: normed, width, inStride: width, outStride: width, rowsAt, maxRows, eps });
 * encoder.matmul({ input: normed, weight, out: qkv, inStride: width, outStride: n, outCols: n, rowsAt, maxRows });
 * const plan = device.plan(encoder.finish());
 * ```
 */
export class CommandEncoder {
  #view: DataView<ArrayBuffer>;
  #length = HEADER_BYTES;
  #records = 0;
  readonly #options: CommandEncoderOptions;

  /** Starts an empty command buffer. */
  constructor(options: CommandEncoderOptions) {
    this.#options = options;
    this.#view = new DataView(new ArrayBuffer(1024));
  }

  /** Number of records so far. */
  get records(): number {
    return this.#records;
  }

  /** Looks up embedding rows: `out[i] = weight[token i]`. */
  embed(options: OpOptions["embed"]): void {
    this.#record("embed", { ...options });
  }

  /** Root-mean-square norm with a gain, row by row. */
  rmsNorm(options: OpOptions["rmsNorm"]): void {
    this.#record("rmsNorm", { ...options });
  }

  /** `out = in weight^T (+ bias) (+ residual)`, or SwiGLU of interleaved gate and up rows. */
  matmul(options: OpOptions["matmul"]): void {
    const { epilogue = "none", residualStride = 0, ...rest } = options;
    this.#record("matmul", {
      ...rest,
      residualStride,
      epilogue: EPILOGUE_CODES[epilogue],
    });
  }

  /** Rotates queries in place, and writes rotated keys and the values to their rows. */
  ropeKv(options: OpOptions["ropeKv"]): void {
    this.#record("ropeKv", { ...options });
  }

  /** Attention of ragged segments over cached and fresh key ranges. */
  attention(options: OpOptions["attention"]): void {
    this.#record("attention", { ...options });
  }

  /** Output head, sampling and confidence of the requested rows. */
  head(options: OpOptions["head"]): void {
    const { boundaryRows = 0, topCount = 0, ...rest } = options;
    this.#record("head", { ...rest, boundaryRows, topCount });
  }

  /** Copies rows between buffers, in each of several planes. */
  copyRows(options: OpOptions["copyRows"]): void {
    this.#record("copyRows", { ...options });
  }

  /** Packs a master matrix into a weight. */
  pack(options: OpOptions["pack"]): void {
    this.#record("pack", { ...options });
  }

  /** Adds the gradient of a linear layer's weight and bias. */
  matmulGrad(options: OpOptions["matmulGrad"]): void {
    this.#record("matmulGrad", { ...options });
  }

  /** Adds the gradients of a root-mean-square norm. */
  rmsNormGrad(options: OpOptions["rmsNormGrad"]): void {
    this.#record("rmsNormGrad", { ...options });
  }

  /** `out = silu(gate) * up`. */
  swiglu(options: OpOptions["swiglu"]): void {
    this.#record("swiglu", { ...options });
  }

  /** Gradient of `swiglu`. */
  swigluGrad(options: OpOptions["swigluGrad"]): void {
    this.#record("swigluGrad", { ...options });
  }

  /** Gradients of queries, keys and values. */
  attentionGrad(options: OpOptions["attentionGrad"]): void {
    this.#record("attentionGrad", { ...options });
  }

  /** Rotates gradients back and gathers them per row. */
  ropeKvGrad(options: OpOptions["ropeKvGrad"]): void {
    this.#record("ropeKvGrad", { ...options });
  }

  /** Adds the gradient of an embedding table. */
  embedGrad(options: OpOptions["embedGrad"]): void {
    this.#record("embedGrad", { ...options });
  }

  /** Fills a region with one value. */
  fill(options: OpOptions["fill"]): void {
    this.#record("fill", { ...options });
  }

  /** Token losses and the gradient of their logits. */
  tokenLoss(options: OpOptions["tokenLoss"]): void {
    this.#record("tokenLoss", { ...options });
  }

  /** Sum of squares of a region. */
  sumSquares(options: OpOptions["sumSquares"]): void {
    this.#record("sumSquares", { ...options });
  }

  /** One AdamW update of a region. */
  adamw(options: OpOptions["adamw"]): void {
    this.#record("adamw", { ...options });
  }

  /** Moves a region towards another. */
  lerp(options: OpOptions["lerp"]): void {
    this.#record("lerp", { ...options });
  }

  /** Adds rows up over the devices of a group. */
  allReduce(options: OpOptions["allReduce"]): void {
    this.#record("allReduce", { ...options });
  }

  /** Log-sum-exps of a shard of the vocabulary. */
  shardSums(options: OpOptions["shardSums"]): void {
    this.#record("shardSums", { ...options });
  }

  /** Winners of a shard of the vocabulary. */
  shardWinners(options: OpOptions["shardWinners"]): void {
    this.#record("shardWinners", { ...options });
  }

  /** The bytes recorded so far as a command buffer of their own; recording may go on. */
  finish(): Uint8Array<ArrayBuffer> {
    const view = this.#view;
    const { params, output } = this.#options;
    view.setUint32(0, MAGIC, true);
    view.setUint32(4, ABI_VERSION, true);
    view.setUint32(8, this.#records, true);
    view.setUint32(12, 0, true);
    view.setBigUint64(16, params.id, true);
    view.setBigUint64(24, output?.id ?? 0n, true);
    view.setBigUint64(32, BigInt(output?.offset ?? 0), true);
    return new Uint8Array(view.buffer.slice(0, this.#length));
  }

  #record(
    name: OpName,
    values: Record<string, number | { id: bigint } | undefined>,
  ): void {
    const bytes = RECORD_BYTES + payloadBytes(name);
    this.#reserve(bytes);
    const view = this.#view;
    view.setUint32(this.#length, OP_CODES[name], true);
    view.setUint32(this.#length + 4, bytes, true);
    let at = this.#length + RECORD_BYTES;
    for (const [field, kind] of OP_FIELDS[name]) {
      at = writeField(view, at, { name, field, kind, value: values[field] });
    }
    this.#length += bytes;
    this.#records++;
  }

  #reserve(bytes: number): void {
    const needed = this.#length + bytes;
    if (needed <= this.#view.byteLength) return;
    const grown = new Uint8Array(Math.max(needed, this.#view.byteLength * 2));
    grown.set(new Uint8Array(this.#view.buffer, 0, this.#length));
    this.#view = new DataView(grown.buffer);
  }
}

interface FieldValue {
  readonly name: OpName;
  readonly field: string;
  readonly kind: string;
  readonly value: number | BufferRef | undefined;
}

function writeField(view: DataView, at: number, given: FieldValue): number {
  const { kind, value } = given;
  if (kind === "ref" || kind === "id") {
    const target = (value ?? { id: 0n }) as BufferRef;
    view.setBigUint64(at, target.id, true);
    if (kind === "id") return at + 8;
    view.setBigUint64(at + 8, BigInt(target.offset ?? 0), true);
    return at + 16;
  }
  if (kind === "zero") return at + 4;
  const number = value as number;
  if (kind === "f32") {
    if (!Number.isFinite(number)) throw fieldError(given, "a finite number");
    view.setFloat32(at, number, true);
    return at + 4;
  }
  const limit = kind === "u32" ? 2 ** 32 - 1 : Number.MAX_SAFE_INTEGER;
  if (!Number.isInteger(number) || number < 0 || number > limit) {
    throw fieldError(given, `an integer from 0 to ${limit}`);
  }
  if (kind === "u32") {
    view.setUint32(at, number, true);
    return at + 4;
  }
  view.setBigUint64(at, BigInt(number), true);
  return at + 8;
}

function fieldError({ name, field, value }: FieldValue, wanted: string): Error {
  return new RangeError(
    `Cannot record ${name}: ${field} is ${value}, want ${wanted}`,
  );
}
