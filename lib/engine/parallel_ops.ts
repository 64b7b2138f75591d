/**
 * The operations of models that are divided over devices, and the layout of their payloads. The meaning of every field stands in
 * `ffi/dllm_parallel.h`.
 *
 * @module
 */
import type { BufferRef, FieldKind } from "./ops.ts";

/** A group of devices, by id. */
export interface GroupRef {
  /** Id of the group. */
  readonly id: bigint;
}

/** What both records of a sharded output head take. */
export interface ShardHeadOptions {
  /** `[maxRequests, stride]`, of which `columns` count. */
  readonly logits: BufferRef;
  /** Columns of the shard. */
  readonly columns: number;
  /** Elements from one request's logits to the next one's. */
  readonly stride: number;
  /** Table of requests, as the head's. */
  readonly requestsAt: number;
  /** Room in it. */
  readonly maxRequests: number;
  /** Columns that can never be drawn. */
  readonly barredAt: number;
}

/** A field named `...At` is the index of a 32-bit word of the parameter buffer; a stride counts f32 elements from row to row. */
export interface ParallelOpOptions {
  /** Sum over the members of a group, `dllm_all_reduce`. */
  readonly allReduce: {
    readonly group: GroupRef;
    /** `[maxRows, stride]`. */
    readonly values: BufferRef;
    readonly member: number;
    readonly width: number;
    readonly stride: number;
    readonly rowsAt: number;
    readonly maxRows: number;
  };
  /** Largest logits and sums of exponentials of a shard, `dllm_shard_sums`; `out` f64 `[maxRequests, 2]`. */
  readonly shardSums: ShardHeadOptions & { readonly out: BufferRef };
  /** What a shard knows of every distribution, `dllm_shard_winners`; `sums` f64 `[maxRequests, 2]`, `out` f64 `[maxRequests, 5]`. */
  readonly shardWinners: ShardHeadOptions & {
    readonly sums: BufferRef;
    readonly out: BufferRef;
  };
}

type Fields<Name extends keyof ParallelOpOptions> = readonly (readonly [
  keyof ParallelOpOptions[Name] | "reserved",
  FieldKind,
])[];

const SHARD_HEAD_WORDS = [
  ["columns", "u32"],
  ["stride", "u32"],
  ["requestsAt", "u32"],
  ["maxRequests", "u32"],
  ["barredAt", "u32"],
  ["reserved", "zero"],
] as const;

/** Fields of each payload in the order of the header. */
export const PARALLEL_OP_FIELDS: {
  readonly [Name in keyof ParallelOpOptions]: Fields<Name>;
} = {
  allReduce: [
    ["group", "id"],
    ["values", "ref"],
    ["member", "u32"],
    ["width", "u32"],
    ["stride", "u32"],
    ["rowsAt", "u32"],
    ["maxRows", "u32"],
    ["reserved", "zero"],
  ],
  shardSums: [["logits", "ref"], ["out", "ref"], ...SHARD_HEAD_WORDS],
  shardWinners: [
    ["logits", "ref"],
    ["sums", "ref"],
    ["out", "ref"],
    ...SHARD_HEAD_WORDS,
  ],
};
