/*
 * dllm_parallel.h - the part of the C ABI for models that are divided over several devices. Included by dllm.h, whose types it
 * uses and whose rules hold.
 */
#ifndef DLLM_PARALLEL_H
#define DLLM_PARALLEL_H

#ifndef DLLM_H
#error "include dllm.h"
#endif

/*
 * Groups: devices of this library that add up together. Each of `size` members (2..64) is one device, whose plans name the
 * group and the member's number; all members run their all-reduces in the same order, at the same time: one that waits for the
 * others keeps its device busy. When a run of a plan that names a group fails, or a submit whose records name it is refused, or
 * dllm_group_abort is called, all-reduces under way and to come fail with DLLM_ABORTED: the group is of no use any more.
 * Destroying it does the same.
 */
DLLM_API dllm_status dllm_group_create(uint32_t size, uint64_t *group, char *err, uint64_t err_cap) DLLM_NOEXCEPT;
DLLM_API dllm_status dllm_group_abort(uint64_t group, char *err, uint64_t err_cap) DLLM_NOEXCEPT;
DLLM_API dllm_status dllm_group_destroy(uint64_t group, char *err, uint64_t err_cap) DLLM_NOEXCEPT;

/*
 * values[i, 0..width), i < word[rows_at] <= max_rows, becomes on every member the sum of all members', added up in the order of
 * the members in f32. Rows and width must be the same everywhere.
 */
typedef struct dllm_all_reduce {
  uint64_t group;
  dllm_ref values;
  uint32_t member, width, stride, rows_at, max_rows, reserved;
} dllm_all_reduce;

/*
 * An output head of which a device has some columns of the vocabulary; word[requests_at] is the table of dllm_head, of which the
 * entropy epsilon and DLLM_CONFIDENCE_BF16 count, and word[barred_at] = count, then that many columns that become -infinity.
 * Logits are rounded to bf16 first where the flag says so.
 * Sums: out f64[Q, 2] = largest logit l, sum of exp(logit - l) over the columns in their order (0 where all are barred).
 */
typedef struct dllm_shard_sums {
  dllm_ref logits, out; /* [max_requests, stride]; f64[max_requests, 2] */
  uint32_t columns, stride, requests_at, max_requests, barred_at, reserved;
} dllm_shard_sums;

/*
 * Winners: with `sums` those of all shards together, p = exp(logit - l) / sum of every column;
 * out f64[Q, 5] = largest p, its column (the first of equals), second largest p, sum of p log(p + epsilon), sum of p; the last
 * two in the order of the columns. p, logs and products are rounded to f32, or to bf16 where the flag says so. Sums that make a
 * p exceed 1 give DLLM_NUMERIC, as do logits that are not finite once rounded, in both records.
 */
typedef struct dllm_shard_winners {
  dllm_ref logits, sums, out; /* [max_requests, stride]; f64[max_requests, 2]; f64[max_requests, 5] */
  uint32_t columns, stride, requests_at, max_requests, barred_at, reserved;
} dllm_shard_winners;

#endif
