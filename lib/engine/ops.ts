/**
 * The operations of a command buffer: what each takes, and the order of its fields in a record. `encoder_test.ts` compares names,
 * offsets and sizes with the structs of `ffi/dllm.h`, where the meaning of every field stands.
 *
 * @module
 */
import type { Epilogue, OpName } from "./abi.ts";
import { PARALLEL_OP_FIELDS, type ParallelOpOptions } from "./parallel_ops.ts";
import { TRAINING_OP_FIELDS } from "./training_fields.ts";
import type { TrainingOpOptions } from "./training_ops.ts";

/** A place in a device buffer: its id and a byte offset, a multiple of 4. A buffer is its own reference at offset 0. */
export interface BufferRef {
  /** Id of the buffer. */
  readonly id: bigint;
  /** Bytes from its start. Default 0. */
  readonly offset?: number;
}

/** A packed weight, by id. */
export interface WeightRef {
  /** Id of the weight. */
  readonly id: bigint;
}

/** A field named `...At` is the index of a 32-bit word of the parameter buffer; a stride counts f32 elements from row to row. */
export interface OpOptions extends TrainingOpOptions, ParallelOpOptions {
  /** Embedding lookup, `dllm_embed`. */
  readonly embed: {
    /** `[vocab, k]`. */
    readonly weight: WeightRef;
    /** `[maxRows, outStride]`. */
    readonly out: BufferRef;
    readonly outStride: number;
    readonly rowsAt: number;
    readonly tokensAt: number;
    readonly maxRows: number;
  };
  /** Root-mean-square norm, `dllm_rms_norm`; `input` and `out` may be the same. */
  readonly rmsNorm: {
    readonly input: BufferRef;
    /** f32 `[width]`. */
    readonly gain: BufferRef;
    readonly out: BufferRef;
    readonly width: number;
    readonly inStride: number;
    readonly outStride: number;
    readonly rowsAt: number;
    readonly maxRows: number;
    readonly eps: number;
  };
  /** Linear layer, `dllm_matmul`; `out` may be the residual. */
  readonly matmul: {
    readonly input: BufferRef;
    /** f32 `[n]`. */
    readonly bias?: BufferRef;
    readonly residual?: BufferRef;
    readonly out: BufferRef;
    /** `[n, k]`; under `swiglu` in groups of 32 rows, 16 gate then 16 up. */
    readonly weight: WeightRef;
    readonly inStride: number;
    /** Default 0, for an absent residual. */
    readonly residualStride?: number;
    readonly outStride: number;
    /** Columns written: at most n, under `swiglu` at most n / 2. */
    readonly outCols: number;
    readonly rowsAt: number;
    readonly maxRows: number;
    /** Default `none`. */
    readonly epilogue?: Epilogue;
  };
  /** Rotary embedding and split of q, k, v, `dllm_rope_kv`. */
  readonly ropeKv: {
    /** `[maxRows, (heads + 2 kvHeads) headDim]`. */
    readonly qkv: BufferRef;
    /** f32 `[maxPosition, headDim]`: cosines, then sines. */
    readonly table: BufferRef;
    /** `[maxRows, kvHeads headDim]`. */
    readonly keys: BufferRef;
    readonly values: BufferRef;
    readonly qkvStride: number;
    readonly heads: number;
    readonly kvHeads: number;
    readonly headDim: number;
    readonly rowsAt: number;
    readonly positionsAt: number;
    readonly maxRows: number;
    readonly maxPosition: number;
  };
  /** Attention over ranges, `dllm_attention`. */
  readonly attention: {
    readonly q: BufferRef;
    /** `[maxRows, kvHeads headDim]`. */
    readonly freshKeys: BufferRef;
    readonly freshValues: BufferRef;
    /** `[cacheRows, kvHeads headDim]`. */
    readonly cacheKeys: BufferRef;
    readonly cacheValues: BufferRef;
    readonly out: BufferRef;
    readonly qStride: number;
    readonly outStride: number;
    readonly heads: number;
    readonly kvHeads: number;
    readonly headDim: number;
    readonly segmentsAt: number;
    readonly limitsAt: number;
    readonly maxSegments: number;
    readonly maxRows: number;
    readonly cacheRows: number;
    readonly scale: number;
  };
  /** Output head and sampler, `dllm_head`. */
  readonly head: {
    /** `[maxRows, hiddenStride]`, after the final norm. */
    readonly hidden: BufferRef;
    /** `[boundaryRows, width]`. */
    readonly boundary?: BufferRef;
    /** {@linkcode RESULT_BYTES} per request. */
    readonly out: BufferRef;
    /** `[maxRequests, topCount]` pairs of id and probability. */
    readonly top?: BufferRef;
    /** f32 `[maxRequests, vocab]`. */
    readonly logits?: BufferRef;
    /** `[vocab, width]`. */
    readonly weight: WeightRef;
    readonly hiddenStride: number;
    readonly maxRows: number;
    /** Default 0. */
    readonly boundaryRows?: number;
    readonly vocab: number;
    readonly requestsAt: number;
    readonly maxRequests: number;
    readonly barredAt: number;
    /** Default 0. */
    readonly topCount?: number;
  };
  /** Row copies, `dllm_copy_rows`. */
  readonly copyRows: {
    readonly src: BufferRef;
    readonly dst: BufferRef;
    readonly rowBytes: number;
    readonly srcPlaneBytes: number;
    readonly dstPlaneBytes: number;
    readonly srcRows: number;
    readonly dstRows: number;
    readonly planes: number;
    readonly tableAt: number;
    readonly maxEntries: number;
  };
}

/** Bytes of the header of a command buffer. */
export const HEADER_BYTES = 40;

/** Bytes of a record before its payload. */
export const RECORD_BYTES = 8;

/** `ref` is an id and an offset, `zero` a reserved word. */
export type FieldKind = "ref" | "id" | "u64" | "u32" | "f32" | "zero";

type Fields<Name extends OpName> = readonly (readonly [
  keyof OpOptions[Name] | "reserved",
  FieldKind,
])[];

const FIELD_BYTES = { ref: 16, id: 8, u64: 8, u32: 4, f32: 4, zero: 4 };

/** Fields of each payload in the order of the header. */
export const OP_FIELDS: { readonly [Name in OpName]: Fields<Name> } = {
  embed: [
    ["weight", "id"],
    ["out", "ref"],
    ["outStride", "u32"],
    ["rowsAt", "u32"],
    ["tokensAt", "u32"],
    ["maxRows", "u32"],
  ],
  rmsNorm: [
    ["input", "ref"],
    ["gain", "ref"],
    ["out", "ref"],
    ["width", "u32"],
    ["inStride", "u32"],
    ["outStride", "u32"],
    ["rowsAt", "u32"],
    ["maxRows", "u32"],
    ["eps", "f32"],
  ],
  matmul: [
    ["input", "ref"],
    ["bias", "ref"],
    ["residual", "ref"],
    ["out", "ref"],
    ["weight", "id"],
    ["inStride", "u32"],
    ["residualStride", "u32"],
    ["outStride", "u32"],
    ["outCols", "u32"],
    ["rowsAt", "u32"],
    ["maxRows", "u32"],
    ["epilogue", "u32"],
    ["reserved", "zero"],
  ],
  ropeKv: [
    ["qkv", "ref"],
    ["table", "ref"],
    ["keys", "ref"],
    ["values", "ref"],
    ["qkvStride", "u32"],
    ["heads", "u32"],
    ["kvHeads", "u32"],
    ["headDim", "u32"],
    ["rowsAt", "u32"],
    ["positionsAt", "u32"],
    ["maxRows", "u32"],
    ["maxPosition", "u32"],
  ],
  attention: [
    ["q", "ref"],
    ["freshKeys", "ref"],
    ["freshValues", "ref"],
    ["cacheKeys", "ref"],
    ["cacheValues", "ref"],
    ["out", "ref"],
    ["qStride", "u32"],
    ["outStride", "u32"],
    ["heads", "u32"],
    ["kvHeads", "u32"],
    ["headDim", "u32"],
    ["segmentsAt", "u32"],
    ["limitsAt", "u32"],
    ["maxSegments", "u32"],
    ["maxRows", "u32"],
    ["cacheRows", "u32"],
    ["scale", "f32"],
    ["reserved", "zero"],
  ],
  head: [
    ["hidden", "ref"],
    ["boundary", "ref"],
    ["out", "ref"],
    ["top", "ref"],
    ["logits", "ref"],
    ["weight", "id"],
    ["hiddenStride", "u32"],
    ["maxRows", "u32"],
    ["boundaryRows", "u32"],
    ["vocab", "u32"],
    ["requestsAt", "u32"],
    ["maxRequests", "u32"],
    ["barredAt", "u32"],
    ["topCount", "u32"],
  ],
  copyRows: [
    ["src", "ref"],
    ["dst", "ref"],
    ["rowBytes", "u64"],
    ["srcPlaneBytes", "u64"],
    ["dstPlaneBytes", "u64"],
    ["srcRows", "u32"],
    ["dstRows", "u32"],
    ["planes", "u32"],
    ["tableAt", "u32"],
    ["maxEntries", "u32"],
    ["reserved", "zero"],
  ],
  ...TRAINING_OP_FIELDS,
  ...PARALLEL_OP_FIELDS,
};

/** Bytes of the payload of an operation. */
export function payloadBytes(name: OpName): number {
  let bytes = 0;
  for (const [, kind] of OP_FIELDS[name]) bytes += FIELD_BYTES[kind];
  return bytes;
}
