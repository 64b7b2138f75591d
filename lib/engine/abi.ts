/**
 * The numbers of `ffi/dllm.h`: versions, codes and sizes. `abi_test.ts` compares every one of them with the header.
 *
 * @module
 */

/** Version of the C ABI this package speaks. */
export const ABI_VERSION = 1;

/** First word of every command buffer: "DLLM" read as a little-endian word. */
export const MAGIC = 0x4d4c4c44;

/** Names of the status codes, by code. */
export const STATUS_NAMES = [
  "OK",
  "INVALID_ARGUMENT",
  "BAD_HANDLE",
  "BAD_COMMAND",
  "OUT_OF_MEMORY",
  "UNSUPPORTED",
  "NUMERIC",
  "INTERNAL",
] as const;

/** Name of a status code of the native library. */
export type StatusName = typeof STATUS_NAMES[number];

/** Codes of the element types. */
export const DTYPE_CODES = { f32: 1, bf16: 2, f16: 3 } as const;

/** Element type of weights and of checkpoint data. */
export type ElementType = keyof typeof DTYPE_CODES;

/** Codes of the instruction sets. */
export const ISA_CODES = {
  best: 0,
  scalar: 1,
  avx2: 2,
  avx512: 3,
  avx512bf16: 4,
  neon: 5,
} as const;

/** Instruction set of the CPU library; `best` is the highest one that runs here. */
export type Isa = keyof typeof ISA_CODES;

/** Codes of the operations of a command buffer. */
export const OP_CODES = {
  embed: 1,
  rmsNorm: 2,
  matmul: 3,
  ropeKv: 4,
  attention: 5,
  head: 6,
  copyRows: 7,
} as const;

/** Name of an operation of a command buffer. */
export type OpName = keyof typeof OP_CODES;

/** Codes of the matmul epilogues. */
export const EPILOGUE_CODES = { none: 0, swiglu: 1 } as const;

/** Bits of a request's flags: see `dllm_head`. */
export const CONFIDENCE_FLAGS = { bf16: 1, raw: 2 } as const;

/** Words of one segment of an attention table. */
export const SEGMENT_WORDS = 20;

/** Words of one request of a head table. */
export const REQUEST_WORDS = 8;

/** Words of one entry of a copy table. */
export const COPY_WORDS = 3;

/** Bytes of one result of the head: token, probability, margin, negative entropy, largest logit, three zeros. */
export const RESULT_BYTES = 32;

/** Rows of gate, then of up projection, that alternate in a SwiGLU weight. */
export const SWIGLU_GROUP = 16;
