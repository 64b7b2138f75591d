/**
 * The numbers of `ffi/dllm.h`: versions, codes and sizes. `abi_test.ts` compares every one of them with the header.
 *
 * @module
 */

/** Version of the C ABI this package speaks. */
export const ABI_VERSION = 3;

/** First word of every command buffer: "DLLM" read as a little-endian word. */
export const MAGIC = 0x4d4c4c44;

/** Names of the status codes, by code. */
export const STATUS_NAMES: readonly StatusName[] = [
  "OK",
  "INVALID_ARGUMENT",
  "BAD_HANDLE",
  "BAD_COMMAND",
  "OUT_OF_MEMORY",
  "UNSUPPORTED",
  "NUMERIC",
  "INTERNAL",
  "ABORTED",
];

/** Name of a status code of the native library. */
export type StatusName =
  | "OK"
  | "INVALID_ARGUMENT"
  | "BAD_HANDLE"
  | "BAD_COMMAND"
  | "OUT_OF_MEMORY"
  | "UNSUPPORTED"
  | "NUMERIC"
  | "INTERNAL"
  | "ABORTED";

/** Codes of the element types. */
export const DTYPE_CODES: Readonly<Record<ElementType, number>> = {
  f32: 1,
  bf16: 2,
  f16: 3,
};

/** Element type of weights and of checkpoint data. */
export type ElementType = "f32" | "bf16" | "f16";

/** Codes of the instruction sets. */
export const ISA_CODES: Readonly<Record<Isa, number>> = {
  best: 0,
  scalar: 1,
  avx2: 2,
  avx512: 3,
  avx512bf16: 4,
  neon: 5,
};

/** Instruction set of the CPU library; `best` is the highest one that runs here. */
export type Isa =
  | "best"
  | "scalar"
  | "avx2"
  | "avx512"
  | "avx512bf16"
  | "neon";

/** Codes of the operations of a command buffer. */
export const OP_CODES = {
  embed: 1,
  rmsNorm: 2,
  matmul: 3,
  ropeKv: 4,
  attention: 5,
  head: 6,
  copyRows: 7,
  pack: 8,
  matmulGrad: 9,
  rmsNormGrad: 10,
  swiglu: 11,
  swigluGrad: 12,
  attentionGrad: 13,
  ropeKvGrad: 14,
  embedGrad: 15,
  fill: 16,
  tokenLoss: 17,
  sumSquares: 18,
  adamw: 19,
  lerp: 20,
  allReduce: 21,
  shardSums: 22,
  shardWinners: 23,
} as const;

/** Name of an operation of a command buffer. */
export type OpName = keyof typeof OP_CODES;

/** What a matmul does with its sums. */
export type Epilogue = "none" | "swiglu";

/** Codes of the matmul epilogues. */
export const EPILOGUE_CODES: Readonly<Record<Epilogue, number>> = {
  none: 0,
  swiglu: 1,
};

/** Bits of a request's flags: see `dllm_head`. */
export const CONFIDENCE_FLAGS = { bf16: 1, raw: 2 } as const;

/** Words of one segment of an attention table. */
export const SEGMENT_WORDS = 20;

/** Words of one request of a head table. */
export const REQUEST_WORDS = 8;

/** Words of one entry of a copy table. */
export const COPY_WORDS = 3;

/** Words of one row of a loss table. */
export const LOSS_WORDS = 4;

/** Bits of a token loss's flags: see `dllm_token_loss`. */
export const LOSS_FLAGS = { reverseKl: 1 } as const;

/** Words of an AdamW update. */
export const ADAMW_WORDS = 7;

/** Bytes of one result of a token loss: hard loss, soft loss, entropy, correct. */
export const LOSS_RESULT_BYTES = 16;

/** Bytes of one result of the head: token, probability, margin, negative entropy, largest logit, three zeros. */
export const RESULT_BYTES = 32;

/** Rows of gate, then of up projection, that alternate in a SwiGLU weight. */
export const SWIGLU_GROUP = 16;
